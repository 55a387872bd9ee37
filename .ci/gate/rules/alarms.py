"""Alarms ring when they should, and where somebody hears them."""

from ..stack import Stack, allows, names, services, statements


def an_alarm_is_heard(stack: Stack):
    """CloudWatch.15, CloudWatch.17: it has an action, a topic to which somebody is subscribed."""
    heard = {name for subscription in stack.of("SNS::Subscription") for name in names(subscription.get("TopicArn"))}
    for alarm in stack.of("CloudWatch::Alarm"):
        if not names(alarm.get("AlarmActions")) & heard or alarm.get("ActionsEnabled", True) is not True:
            yield alarm.name


def an_alarm_says_what_missing_data_means(stack: Stack):
    """The default, `missing`, leaves an alarm as it was: for ever, where the figures stop."""
    for alarm in stack.of("CloudWatch::Alarm"):
        if alarm.get("TreatMissingData") is None:
            yield alarm.name


def silence_rings(stack: Stack):
    """D2, the third path: an old backup rings, and so does a watch that says nothing."""
    watching = [alarm for alarm in stack.of("CloudWatch::Alarm") if alarm.get("MetricName") == "HoursSinceGood"]
    if not watching:
        yield "the template"
    for alarm in watching:
        is_old = alarm.get("ComparisonOperator", "").startswith("Greater")
        if not is_old or alarm.get("TreatMissingData") != "breaching":
            yield alarm.name


def the_watch_speaks_as_often_as_its_alarm_listens(stack: Stack):
    """D2: an hourly figure, missed three times, rings; a rarer one would ring between two of them."""
    hourly = [watch for watch in stack.of("Scheduler::Schedule") if "watch" in str(watch.get("Target/Input"))]
    if [watch.get("ScheduleExpression") for watch in hourly] != ["rate(1 hour)"]:
        yield "the template"
    for alarm in stack.of("CloudWatch::Alarm"):
        listens = alarm.get("Period"), alarm.get("EvaluationPeriods")
        if alarm.get("MetricName") == "HoursSinceGood" and listens != (3600, 3):
            yield alarm.name


def an_alarm_does_not_use_what_it_watches(stack: Stack):
    """D2: what mails about runs cannot tell that mails about runs do not arrive."""
    reporting = {
        name
        for function in stack.functions
        for name in names(function.get("Environment/Variables/TOPIC_ARN"))
    }  # fmt: skip
    for alarm in stack.of("CloudWatch::Alarm"):
        if names(alarm.get("AlarmActions")) <= reporting:
            yield alarm.name


def an_alarm_may_publish(stack: Stack):
    """D19: CloudWatch has no role; the topic's policy has to let it in, or the alarm rings for nobody."""
    for alarm in stack.of("CloudWatch::Alarm"):
        for topic in names(alarm.get("AlarmActions")):
            if not any(_lets_alarms_in(policy) for policy in stack.policies_of(stack[topic])):
                yield alarm.name


def there_are_few_alarms(stack: Stack):
    """D16: at most eight, with the two that each target tracking makes; more are paid for and not read."""
    tracking = [
        policy
        for policy in stack.of("AutoScaling::ScalingPolicy")
        if policy.get("PolicyType") == "TargetTrackingScaling"
    ]  # fmt: skip
    if len(stack.of("CloudWatch::Alarm")) + 2 * len(tracking) > 8:
        yield "the template"


def an_alarm_tells_what_to_do(stack: Stack):
    """Promise 4: its mail names the thing, and the next step."""
    for alarm in stack.of("CloudWatch::Alarm"):
        if len(str(alarm.get("AlarmDescription", ""))) < 80:
            yield alarm.name


def _lets_alarms_in(policy):
    return any(
        allows(statement, "sns:Publish") and "cloudwatch.amazonaws.com" in services(statement)
        for statement in statements(policy.get("PolicyDocument"))
    )
