"""Alarms: how data points and their absence are judged, and who is told."""

from __future__ import annotations

import email
import email.policy
import json
import time
import unittest
from datetime import datetime, timezone

from cloud.tests import harness
from cloud.tests.harness import ACCOUNT, REGION, physical_id, shared

ALARM = {"Namespace": "Alarms", "Statistic": "Maximum", "Period": 60, "EvaluationPeriods": 3,
         "Threshold": 0.5, "ComparisonOperator": "GreaterThanThreshold", "ActionsEnabled": True}


def pass_time(**body) -> dict:
    status, answer = shared().post("/_efs/alarms", body)
    assert status == 200, answer
    return answer


def put(metric: str, value: float, ago: float = 0.0, **dimensions) -> None:
    """A data point so many seconds ago."""
    instant = datetime.fromtimestamp(time.time() - ago, timezone.utc)
    shared().client("cloudwatch").put_metric_data(Namespace="Alarms", MetricData=[{
        "MetricName": metric, "Value": value, "Timestamp": instant,
        "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions.items()]}])


def alarm(name: str, **settings) -> None:
    shared().client("cloudwatch").put_metric_alarm(
        AlarmName=name, **{**ALARM, "MetricName": name, **settings})


def state(name: str) -> dict:
    found = shared().client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found[0]


def mails(address: str) -> list:
    parsed = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
              for path in shared().outbox() if path.stem.endswith("-mail")]
    return [mail for mail in parsed if mail["To"] == address]


class AJudgement(unittest.TestCase):
    """The tables of the guide: `X` breaches, `0` does not, `-` is missing; the newest stands last."""

    def judged(self, points: str, treat: str, needed: int, number: int, before: str) -> str:
        name = f"judged-{number}-{treat}"
        for back, point in enumerate(reversed(points)):
            if point != "-":
                put(name, float(point == "X"), ago=60 * back + 30)
        alarm(name, TreatMissingData=treat, DatapointsToAlarm=needed)
        shared().client("cloudwatch").set_alarm_state(
            AlarmName=name, StateValue=before, StateReason="to see whether it changes")
        pass_time(Hours=0, Names=[name])
        return {"OK": "ok", "ALARM": "alarm", "INSUFFICIENT_DATA": "none"}[state(name)["StateValue"]]

    def test_follows_the_guide(self):
        # An alarm that ignores what is missing keeps its state, which is ALARM here.
        # needed, points,   missing, ignore,  breaching, notBreaching
        table = [
            (3, "0-X-X",    "ok",    "ok",    "ok",      "ok"),
            (3, "----0",    "ok",    "ok",    "ok",      "ok"),
            (3, "0----",    "ok",    "ok",    "ok",      "ok"),
            (3, "-----",    "none",  "alarm", "alarm",   "ok"),
            (3, "0XX-X",    "alarm", "alarm", "alarm",   "alarm"),
            (3, "----X",    "none",  "alarm", "alarm",   "ok"),
            (3, "--X--",    "alarm", "alarm", "alarm",   "ok"),
            (3, "X----",    "alarm", "alarm", "alarm",   "ok"),
            (2, "0-X-X",    "alarm", "alarm", "alarm",   "alarm"),
            (2, "00X0X",    "alarm", "alarm", "alarm",   "alarm"),
            (2, "0-X--",    "ok",    "ok",    "alarm",   "ok"),
            (2, "----0",    "ok",    "ok",    "alarm",   "ok"),
            (2, "----X",    "none",  "alarm", "alarm",   "ok"),
            (2, "---X-",    "alarm", "alarm", "alarm",   "ok"),
        ]
        for number, (needed, points, *expected) in enumerate(table):
            for treat, state in zip(("missing", "ignore", "breaching", "notBreaching"), expected):
                with self.subTest(f"{needed} of 3, {points}, {treat}"):
                    before = "OK" if state == "alarm" and treat != "ignore" else "ALARM"
                    self.assertEqual(self.judged(points, treat, needed, number, before), state)

    def test_keeps_the_state_where_missing_is_ignored(self):
        alarm("kept", TreatMissingData="ignore")
        pass_time(Hours=0, Names=["kept"])
        self.assertEqual(state("kept")["StateValue"], "INSUFFICIENT_DATA")

    def test_knows_dimensions_and_units(self):
        put("split", 1, ago=10, Stack="mine")
        alarm("split", EvaluationPeriods=1, Dimensions=[{"Name": "Stack", "Value": "mine"}])
        alarm("split-other", MetricName="split", EvaluationPeriods=1,
              Dimensions=[{"Name": "Stack", "Value": "other"}])
        alarm("split-unit", MetricName="split", EvaluationPeriods=1, Unit="Bytes",
              Dimensions=[{"Name": "Stack", "Value": "mine"}])
        pass_time(Hours=0, Names=["split*"])
        self.assertEqual([state(name)["StateValue"] for name in ("split", "split-other", "split-unit")],
                         ["ALARM", "INSUFFICIENT_DATA", "INSUFFICIENT_DATA"])

    def test_compares_the_statistic(self):
        for value in (0.2, 0.9):
            put("statistic", value, ago=10)
        for statistic, expected in (("Maximum", "ALARM"), ("Minimum", "OK"), ("Sum", "ALARM"),
                                    ("SampleCount", "ALARM"), ("Average", "ALARM")):
            name = f"statistic-{statistic}"
            alarm(name, MetricName="statistic", Statistic=statistic, EvaluationPeriods=1)
            pass_time(Hours=0, Names=[name])
            self.assertEqual(state(name)["StateValue"], expected, statistic)

    def test_waits_for_an_order(self):
        alarm("patient", EvaluationPeriods=1)
        put("patient", 1, ago=10)
        self.assertEqual(state("patient")["StateValue"], "INSUFFICIENT_DATA")

    def test_gives_its_reason_in_the_words_of_cloudwatch(self):
        alarm("reasons", TreatMissingData="breaching", Period=3600)
        pass_time(Hours=0, Names=["reasons"])
        self.assertEqual(state("reasons")["StateReason"],
                         "Threshold Crossed: no datapoints were received for 3 periods and "
                         "3 missing datapoints were treated as [Breaching].")
        put("reasons", 0, ago=5)
        pass_time(Hours=0, Names=["reasons"])
        self.assertRegex(state("reasons")["StateReason"],
                         r"^Threshold Crossed: 1 out of the last 3 datapoints \[0\.0 \(\d\d/\d\d/\d\d [\d:]{8}\)\] "
                         r"was not greater than the threshold \(0\.5\) .*"
                         r"\(minimum 1 datapoint for ALARM -> OK transition\)\.$")


class TimeThatPasses(unittest.TestCase):
    def test_makes_what_was_emitted_older(self):
        alarm("ageing", Period=3600, TreatMissingData="breaching")
        put("ageing", 0, ago=1)
        begin = datetime.fromisoformat(pass_time(Hours=0, Names=["ageing"])["Now"].replace("Z", "+00:00"))
        self.assertEqual(state("ageing")["StateValue"], "OK")

        passed = pass_time(Hours=6, Names=["ageing"])
        change, = passed["Changes"]
        red = datetime.fromisoformat(change["At"].replace("Z", "+00:00"))
        # Three periods and the two that are looked back.
        self.assertEqual((change["From"], change["To"]), ("OK", "ALARM"))
        self.assertAlmostEqual((red - begin).total_seconds() / 3600, 5, delta=0.05)

        put("ageing", 0, ago=1)
        change, = pass_time(Hours=0, Names=["ageing"])["Changes"]
        self.assertEqual((change["From"], change["To"]), ("ALARM", "OK"))

    def test_ends_at_the_instant_that_is_named(self):
        now = pass_time(Hours=0, Names=[])["Now"]
        later = now.replace(now[:4], str(int(now[:4]) + 1))
        self.assertEqual(shared().post("/_efs/alarms", {"At": later})[0], 400, "a year is too long")
        self.assertEqual(shared().post("/_efs/alarms", {"At": "2020-01-01T00:00:00Z"})[0], 400, "it never goes back")
        self.assertEqual(shared().post("/_efs/alarms", {"Hours": 0, "Names": ["nobody"]}),
                         (404, {"message": "there is no alarm nobody"}))
        for body in ({}, {"Hours": "soon"}, {"At": "soon"}):
            self.assertEqual(shared().post("/_efs/alarms", body)[0], 400, body)


class AnAlarmOfAStack(unittest.TestCase):
    """An alarm with two topics, one of which lets it publish."""

    @classmethod
    def setUpClass(cls):
        own_alarms = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:alarm-stack-*"
        harness.stack("alarm-stack", {
            "Open": {"Type": "AWS::SNS::Topic"},
            "OpenPolicy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {
                "Topics": [{"Ref": "Open"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
                    "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": "sns:Publish", "Resource": {"Ref": "Open"}, "Condition": {
                        "StringEquals": {"aws:SourceAccount": ACCOUNT},
                        "ArnLike": {"aws:SourceArn": own_alarms}}}]}}},
            "Closed": {"Type": "AWS::SNS::Topic"},
            "ClosedPolicy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {
                "Topics": [{"Ref": "Closed"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
                    "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": "sns:Publish", "Resource": {"Ref": "Closed"}, "Condition": {
                        "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:another-*"}}}]}}},
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Rings": {"Type": "AWS::CloudWatch::Alarm", "Properties": {
                "AlarmDescription": "Something waits.", "Namespace": "AWS/SQS",
                "MetricName": "ApproximateNumberOfMessagesVisible", "Statistic": "Maximum",
                "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}],
                "Period": 300, "EvaluationPeriods": 1, "Threshold": 0,
                "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
                "AlarmActions": [{"Ref": "Open"}, {"Ref": "Closed"}], "OKActions": [{"Ref": "Open"}]}},
            "Unseen": {"Type": "AWS::CloudWatch::Alarm", "Properties": {
                "Namespace": "AWS/DataSync", "MetricName": "FilesTransferred", "Statistic": "Maximum",
                "Period": 300, "EvaluationPeriods": 1, "Threshold": 0,
                "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "breaching"}},
        })
        cls.name = physical_id("alarm-stack", "Rings")
        sns = shared().client("sns")
        for topic in ("Open", "Closed"):
            arn = physical_id("alarm-stack", topic)
            sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=f"{topic.lower()}@example.com")
            _, waiting = shared().post("/_efs/pending")
            token = next(sub["Token"] for sub in waiting["Pending"] if sub["TopicArn"] == arn)
            sns.confirm_subscription(TopicArn=arn, Token=token)

    def test_mails_those_whose_topic_lets_it(self):
        url = physical_id("alarm-stack", "Queue")
        shared().client("sqs").send_message(QueueUrl=url, MessageBody="waits")
        pass_time(Hours=0, Names=[self.name])
        mail, = mails("open@example.com")

        self.assertEqual(mail["Subject"], f'ALARM: "{self.name}" in EU (Frankfurt)')
        text = mail.get_content()
        for part in (
            f'because your Amazon CloudWatch Alarm "{self.name}" in the EU (Frankfurt) region has entered the '
            "ALARM state",
            "- Description:                Something waits.\n",
            "- State Change:               INSUFFICIENT_DATA -> ALARM\n",
            "1 out of the last 1 datapoints [1.0 (",
            "was greater than the threshold (0.0) (minimum 1 datapoint for OK -> ALARM transition).",
            "- MetricName:                 ApproximateNumberOfMessagesVisible\n",
        ):
            self.assertIn(part, text)
        self.assertEqual(mails("closed@example.com"), [])
        self.assertIn(f"the alarm {self.name} tells nobody: Failed to execute action", shared().log())
        history = shared().client("cloudwatch").describe_alarm_history(
            AlarmName=self.name, HistoryItemType="Action")["AlarmHistoryItems"]
        self.assertEqual(sorted(item["HistorySummary"].split(" ")[0] for item in history), ["Failed", "Successfully"])

        message, = shared().client("sqs").receive_message(QueueUrl=url)["Messages"]
        shared().client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        pass_time(Hours=0.2, Names=[self.name])
        self.assertEqual([mail["Subject"].split(":")[0] for mail in mails("open@example.com")], ["ALARM", "OK"])

    def test_on_a_metric_that_is_not_played_says_so(self):
        name = physical_id("alarm-stack", "Unseen")
        passed = pass_time(Hours=0, Names=[name])
        self.assertEqual(passed["Alarms"], [{
            "Name": name, "State": "INSUFFICIENT_DATA",
            "Reason": "Unchecked: the local cloud has no metric FilesTransferred of AWS/DataSync"}])

    def test_that_is_set_by_hand_tells_as_well(self):
        known = len(mails("open@example.com"))
        shared().client("cloudwatch").set_alarm_state(
            AlarmName=self.name, StateValue="OK", StateReason="back")
        shared().client("cloudwatch").set_alarm_state(
            AlarmName=self.name, StateValue="ALARM", StateReason="testing")
        self.assertIn('has entered the ALARM state, because "testing"', mails("open@example.com")[-1].get_content())
        self.assertGreater(len(mails("open@example.com")), known)


if __name__ == "__main__":
    unittest.main()
