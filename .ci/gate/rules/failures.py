"""What cannot be done after all retries is kept, and somebody is told."""

from ..stack import Stack, allows, listed, names, services, statements


def a_failed_invocation_is_kept(stack: Stack):
    """An event that Lambda gave up is in the failure queue: rule and schedule are content once Lambda has it."""
    for function in stack.functions:
        kept = function.get("EventInvokeConfig/DestinationConfig/OnFailure", {})
        if kept.get("Type") != "SQS" or not names(kept.get("Destination")) & _queues(stack):
            yield function.name


def an_undelivered_event_is_kept(stack: Stack):
    """EventBridge retries, and then forgets unless the target has a queue."""
    for rule in stack.of("Events::Rule"):
        for target in listed(rule.get("Targets")):
            if not names(target.get("DeadLetterConfig")) & _queues(stack):
                yield rule.name


def an_undelivered_start_is_kept(stack: Stack):
    """So does the Scheduler; and it says for how long it retries."""
    for schedule in stack.of("Scheduler::Schedule"):
        if not names(schedule.get("Target/DeadLetterConfig")) & _queues(stack):
            yield schedule.name
        if schedule.get("Target/RetryPolicy/MaximumEventAgeInSeconds") is None:
            yield schedule.name


def the_event_of_a_run_is_retried_for_hours(stack: Stack):
    """D4: lost is worse than double."""
    for rule in stack.of("Events::Rule"):
        for target in listed(rule.get("Targets")):
            reports = names(target["Arn"]) & {function.name for function in stack.functions}
            if reports and target.get("RetryPolicy", {}).get("MaximumEventAgeInSeconds", 0) < 3600:
                yield rule.name


def what_fills_a_queue_rings(stack: Stack):
    """A queue that nobody looks into is a place where failures are hidden."""
    watched = {name for alarm in stack.of("CloudWatch::Alarm") for name in names(alarm.get("Dimensions"))}
    yield from _queues(stack) - watched


def a_queue_keeps_for_two_weeks(stack: Stack):
    """SQS keeps a message for four days unless told otherwise: less than a long holiday."""
    for queue in stack.of("SQS::Queue"):
        if int(queue.get("MessageRetentionPeriod", 345600)) < 1209600:
            yield queue.name


def whoever_fails_may_send_to_the_queue(stack: Stack):
    """Lambda and the Scheduler send with the role they were given; without the right the failure is lost too."""
    senders = {
        (role.name, queue)
        for role, statement in stack.role_statements()
        if allows(statement, "sqs:SendMessage")
        for queue in names(statement.get("Resource"))
    }
    for function in stack.functions:
        kept = names(function.get("EventInvokeConfig/DestinationConfig/OnFailure/Destination"))
        if not _all_pairs(names(function.get("Role")), kept) <= senders:
            yield function.name
    for schedule in stack.of("Scheduler::Schedule"):
        kept = names(schedule.get("Target/DeadLetterConfig"))
        if not _all_pairs(names(schedule.get("Target/RoleArn")), kept) <= senders:
            yield schedule.name


def rules_may_send_to_their_queue(stack: Stack):
    """A rule has no role: the queue's policy has to name it."""
    named = {
        (rule, queue)
        for policy in stack.of("SQS::QueuePolicy")
        for statement in statements(policy.get("PolicyDocument"))
        if allows(statement, "sqs:SendMessage") and "events.amazonaws.com" in services(statement)
        for rule in names(statement.get("Condition"))
        for queue in names(statement.get("Resource"))
    }
    for rule in stack.of("Events::Rule"):
        for target in listed(rule.get("Targets")):
            if not _all_pairs({rule.name}, names(target.get("DeadLetterConfig"))) <= named:
                yield rule.name


def logs_end(stack: Stack):
    """CloudWatch.16: a log group without an end grows, and is paid for, for ever."""
    for group in stack.of("Logs::LogGroup"):
        if group.get("RetentionInDays") is None:
            yield group.name


def functions_log_into_a_group_of_the_stack(stack: Stack):
    """Else Lambda makes a group of its own, without an end, and with the rights for that."""
    groups = {group.name for group in stack.of("Logs::LogGroup")}
    for function in stack.functions:
        if not names(function.get("LoggingConfig/LogGroup")) & groups:
            yield function.name


def a_function_outlives_its_patience(stack: Stack):
    """D5: it waits for DataSync, and then still has the time to say that it waited in vain."""
    for function in stack.functions:
        budget = int(function.get("Environment/Variables/DESCRIBE_BUDGET_SECONDS", 0))
        if int(function.get("Timeout", 3)) < 2 * budget + 20:
            yield function.name


def no_function_reserves_concurrency(stack: Stack):
    """D16: in a new account, whose quota is low, a reservation fails the deployment; at a low one it throttles."""
    for function in stack.functions:
        if function.get("ReservedConcurrentExecutions") is not None:
            yield function.name


def _queues(stack):
    return {queue.name for queue in stack.of("SQS::Queue")}


def _all_pairs(left, right):
    return {(one, other) for one in left for other in right}
