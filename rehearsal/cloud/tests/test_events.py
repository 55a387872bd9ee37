"""Rules and schedules: who may invoke, with what input, how often."""

from __future__ import annotations

import json
import unittest
from datetime import datetime, timedelta, timezone

from cloud.tests import harness
from cloud.tests.harness import ACCOUNT, REGION, allow, answers, attempts, shared, wait_for

ANY_FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:*"


def queue(name: str) -> tuple[str, str]:
    url = shared().client("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def received(url: str):
    messages = shared().client("sqs").receive_message(QueueUrl=url).get("Messages")
    return json.loads(messages[0]["Body"]) if messages else None


def rule(name: str, function_arn: str, permitted: bool = True) -> str:
    """A rule on the source `name` that invokes the function; returns its ARN."""
    events = shared().client("events")
    arn = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": function_arn}])
    if permitted:
        shared().client("lambda").add_permission(
            FunctionName=function_arn, StatementId=name, Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com", SourceArn=arn)
    return arn


def send(source: str, **detail) -> None:
    shared().client("events").put_events(Entries=[
        {"Source": source, "DetailType": "test", "Detail": json.dumps(detail)}])


class ARule(unittest.TestCase):
    def test_tries_again_and_then_uses_the_failure_queue(self):
        url, queue_arn = queue("failed-events")
        function = harness.function("retried", allow("sqs:SendMessage", queue_arn))
        shared().client("lambda").put_function_event_invoke_config(
            FunctionName="retried", MaximumRetryAttempts=1,
            DestinationConfig={"OnFailure": {"Destination": queue_arn}})
        rule("retried-rule", function)
        send("retried-rule", fail=True)
        failed = wait_for(lambda: received(url))

        self.assertEqual(failed["requestPayload"]["detail"], {"fail": True})
        self.assertEqual(failed["responsePayload"]["errorMessage"], "on purpose")
        self.assertEqual(attempts("retried"), 2)

    def test_loses_a_failed_event_whose_role_may_not_send_it(self):
        url, queue_arn = queue("unreachable")
        function = harness.function("voiceless")
        shared().client("lambda").put_function_event_invoke_config(
            FunctionName="voiceless", MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": queue_arn}})
        rule("voiceless-rule", function)
        send("voiceless-rule", fail=True)

        wait_for(lambda: "a failed event of voiceless is lost" in shared().log())
        self.assertIsNone(received(url))

    def test_needs_the_permission_of_the_function(self):
        function = harness.function("closed")
        arn = rule("closed-rule", function, permitted=False)
        send("closed-rule")

        wait_for(lambda: f"{arn} does not reach its target: its policy does not let" in shared().log())
        self.assertEqual(attempts("closed"), 0)

    def test_keeps_what_it_may_not_deliver_in_its_dead_letter_queue(self):
        url, queue_arn = queue("undelivered")
        function = harness.function("forbidden")
        arn = rule("forbidden-rule", function, permitted=False)
        target = {"Id": "t", "Arn": function, "DeadLetterConfig": {"Arn": queue_arn}}
        shared().client("events").put_targets(Rule="forbidden-rule", Targets=[target])
        send("forbidden-rule", n=1)
        wait_for(lambda: f"{arn} does not reach its dead-letter queue" in shared().log())

        shared().client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": harness.document(
            {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
             "Resource": queue_arn, "Condition": {"ArnEquals": {"aws:SourceArn": arn}}})})
        send("forbidden-rule", n=2)
        message, = wait_for(lambda: shared().client("sqs").receive_message(
            QueueUrl=url, MessageAttributeNames=["All"]).get("Messages"))
        attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}

        self.assertEqual(json.loads(message["Body"])["detail"], {"n": 2})
        self.assertEqual((attributes["ERROR_CODE"], attributes["RULE_ARN"], attributes["TARGET_ARN"]),
                         ("NO_PERMISSIONS", arn, function))

    def test_of_another_name_is_not_covered_by_a_permission(self):
        function = harness.function("half-open")
        rule("permitted-rule", function)
        other = rule("other-rule", function, permitted=False)
        send("other-rule")
        wait_for(lambda: f"{other} does not reach its target" in shared().log())
        send("permitted-rule", n=1)

        self.assertEqual(wait_for(lambda: answers("half-open"))[0]["event"]["source"], "permitted-rule")


class AServiceOfAws(unittest.TestCase):
    ENTRY = {"Source": "aws.datasync", "DetailType": "DataSync Task Execution State Change",
             "Resources": [f"arn:aws:datasync:{REGION}:{ACCOUNT}:task/task-1/execution/exec-1"],
             "Detail": '{"State": "SUCCESS"}'}

    def test_may_send_events_in_its_name(self):
        function = harness.function("state-change")
        events = shared().client("events")
        arn = events.put_rule(Name="state-change", EventPattern=json.dumps(
            {"source": ["aws.datasync"], "detail": {"State": [{"anything-but": ["QUEUED"]}]}}))["RuleArn"]
        events.put_targets(Rule="state-change", Targets=[{"Id": "t", "Arn": function}])
        shared().client("lambda").add_permission(
            FunctionName="state-change", StatementId="s", Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com", SourceArn=arn)
        status, answer = shared().post("/_efs/events", {"Entries": [self.ENTRY]})

        self.assertEqual((status, answer["FailedEntryCount"]), (200, 0))
        event = wait_for(lambda: answers("state-change"))[0]["event"]
        self.assertEqual(event["source"], "aws.datasync")
        self.assertEqual((event["account"], event["region"]), (ACCOUNT, REGION))
        self.assertEqual((event["resources"], event["detail"]),
                         (self.ENTRY["Resources"], {"State": "SUCCESS"}))

    def test_is_the_only_one_that_may(self):
        answer = shared().client("events").put_events(Entries=[self.ENTRY])
        self.assertEqual(answer["Entries"][0]["ErrorCode"], "NotAuthorizedForSourceException")


class ASchedule(unittest.TestCase):
    INPUT = json.dumps({"trigger": "schedule", "scheduled_time": "<aws.scheduler.scheduled-time>",
                        "execution_id": "<aws.scheduler.execution-id>",
                        "arn": "<aws.scheduler.schedule-arn>", "attempt": "<aws.scheduler.attempt-number>"})

    @classmethod
    def setUpClass(cls):
        group = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/default"
        # TLS-only: what the scheduler does by itself counts as TLS too.
        invoke = {**allow("lambda:InvokeFunction", ANY_FUNCTION),
                  "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
        cls.role = harness.role(
            "schedule-role", "scheduler.amazonaws.com", invoke,
            conditions={"StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": group}})

    def schedule(self, name: str, function: str, **changes) -> None:
        target = {"Arn": function, "RoleArn": self.role, "Input": self.INPUT, **changes.pop("Target", {})}
        shared().client("scheduler").create_schedule(
            Name=name, FlexibleTimeWindow={"Mode": "OFF"}, Target=target,
            **{"ScheduleExpression": "cron(0 2 * * ? *)", **changes})

    def test_fires_now_with_its_own_input(self):
        self.schedule("fired", harness.function("fired-function"))
        status, _ = shared().post("/_efs/schedule", {"Group": "default", "Name": "fired"})
        self.assertEqual(status, 200)
        event = wait_for(lambda: answers("fired-function"))[0]["event"]

        due = datetime.fromisoformat(event["scheduled_time"].replace("Z", "+00:00"))
        self.assertLess(abs(datetime.now(timezone.utc) - due), timedelta(seconds=60))
        self.assertRegex(event["execution_id"], "^[0-9a-f]{16}$")
        self.assertEqual(event["arn"], f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/fired")
        self.assertEqual((event["attempt"], event["trigger"]), ("1", "schedule"))

    def test_fires_by_itself_when_it_is_due(self):
        function, now = harness.function("soon-function"), datetime.now(timezone.utc)
        for name, seconds in (("soon", 1), ("later", 4)):
            self.schedule(name, function,
                          ScheduleExpression=f"at({now + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S})")
        wait_for(lambda: len(answers("soon-function")) == 2, 20)
        first, second = sorted(datetime.fromisoformat(answer["event"]["scheduled_time"].rstrip("Z"))
                               for answer in answers("soon-function"))

        # With a tick of ten seconds they would fire together, or ten seconds apart.
        self.assertTrue(timedelta(seconds=1) <= second - first <= timedelta(seconds=7), second - first)

    def test_invokes_again_after_a_failure(self):
        self.schedule("failing", harness.function("failing-function"), Target={"Input": '{"fail": true}'})
        shared().post("/_efs/schedule", {"Name": "failing"})
        wait_for(lambda: attempts("failing-function") == 3)

    def test_does_not_fire_without_permission(self):
        function = harness.function("unreached")
        powerless = harness.role("powerless", "scheduler.amazonaws.com")
        foreign = harness.role("foreign", "scheduler.amazonaws.com",
                               allow("lambda:InvokeFunction", ANY_FUNCTION),
                               conditions={"StringEquals": {"aws:SourceAccount": "999999999999"}})
        for name, role, reason in (
            ("no-policy", powerless, "does not allow lambda:InvokeFunction"),
            ("no-trust", foreign, "is not authorized to perform: sts:AssumeRole"),
            ("no-role", f"arn:aws:iam::{ACCOUNT}:role/nobody", "does not exist"),
        ):
            self.schedule(name, function, Target={"RoleArn": role})
            status, answer = shared().post("/_efs/schedule", {"Name": name})
            self.assertEqual(status, 403, name)
            self.assertIn(reason, answer["message"])
        self.assertEqual(attempts("unreached"), 0)

    def test_that_reaches_no_function_uses_its_dead_letter_queue(self):
        url, queue_arn = queue("lost-starts")
        role = harness.role("lost-role", "scheduler.amazonaws.com", allow("sqs:SendMessage", queue_arn))
        soon = datetime.now(timezone.utc) + timedelta(seconds=1)
        self.schedule("lost", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:gone",
                      Target={"RoleArn": role, "DeadLetterConfig": {"Arn": queue_arn}},
                      ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})")
        start = wait_for(lambda: received(url))
        self.assertEqual((start["trigger"], start["attempt"]), ("schedule", "1"))

    def test_that_cannot_fire_says_so(self):
        self.schedule("disabled", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:gone", State="DISABLED")
        self.schedule("no-function", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:gone")
        for name, expected in (("nothing", 404), ("disabled", 409), ("no-function", 404)):
            status, answer = shared().post("/_efs/schedule", {"Group": "default", "Name": name})
            self.assertEqual(status, expected, answer)
