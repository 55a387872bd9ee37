"""Alarms on metric math: what is summed, what is refused, and what is told."""

from __future__ import annotations

import json
import unittest
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from cloud.tests import harness
from cloud.tests.harness import ACCOUNT, REGION, physical_id, reasons, refused, shared
from cloud.tests.test_alarms import mails, pass_time, put, state

SUMMED = {"EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 3,
          "TreatMissingData": "notBreaching"}


def metric(name: str, metric_name: str, stat: str = "Sum", period: int = 60, **more) -> dict:
    return {"Id": name, "ReturnData": False, "MetricStat": {
        "Metric": {"Namespace": "Alarms", "MetricName": metric_name}, "Period": period, "Stat": stat, **more}}


def expression(text: str, **more) -> dict:
    return {"Id": "all", "Expression": text, **more}


def alarm(name: str, *queries: dict, **settings) -> dict:
    """Puts an alarm on metric math and lets it look once."""
    shared().client("cloudwatch").put_metric_alarm(AlarmName=name, Metrics=list(queries), **{**SUMMED, **settings})
    pass_time(Hours=0, Names=[name])
    return state(name)


class ASum(unittest.TestCase):
    def test_is_of_what_is_there(self):
        # In the one period: data points of the first metric, of the second, and what the sum then is.
        table = [
            ([1, 1], [1], "3.0", "ALARM"),
            ([3], [], "3.0", "ALARM"),
            ([], [4], "4.0", "ALARM"),
            ([1], [1], "2.0", "OK"),
            ([2], [], "2.0", "OK"),
            ([0], [], "0.0", "OK"),
        ]
        for number, (first, second, total, expected) in enumerate(table):
            with self.subTest(f"{first} and {second}"):
                for index, values in enumerate((first, second)):
                    for value in values:
                        put(f"term-{number}-{index}", value, ago=10)
                told = alarm(f"sum-{number}", expression("SUM(METRICS())"),
                             metric("m0", f"term-{number}-0"), metric("m1", f"term-{number}-1"))
                self.assertEqual(told["StateValue"], expected)
                self.assertIn(f"1 out of the last 1 datapoints [{total} (", told["StateReason"])

    def test_is_missing_where_no_metric_has_a_data_point(self):
        queries = [expression("SUM(METRICS())"), metric("m0", "nowhere-0"), metric("m1", "nowhere-1")]
        for treat, expected in (("notBreaching", "OK"), ("breaching", "ALARM"), ("missing", "INSUFFICIENT_DATA")):
            told = alarm(f"nowhere-{treat}", *queries, TreatMissingData=treat)
            self.assertEqual(told["StateValue"], expected)

    def test_is_made_anew_in_each_period(self):
        # Three periods, the newest first: 2 + 2, 3 + nothing, nothing + 2.
        for ago, name, value in ((10, "each-0", 2), (10, "each-1", 2), (70, "each-0", 3), (130, "each-1", 2)):
            put(name, value, ago)
        queries = [expression("SUM(METRICS())"), metric("m0", "each-0"), metric("m1", "each-1")]
        told = alarm("each", *queries, EvaluationPeriods=3, DatapointsToAlarm=2)
        self.assertRegex(told["StateReason"],
                         r"2 out of the last 3 datapoints \[4\.0 \(.*\), 3\.0 \(.*\)\] were greater")
        self.assertEqual(alarm("each-all", *queries, EvaluationPeriods=3)["StateValue"], "OK")

    def test_is_of_the_named_metrics_alone(self):
        for name in ("named-0", "named-1", "named-2"):
            put(name, 2, ago=10)
        queries = [metric("m0", "named-0"), metric("m1", "named-1"), metric("m2", "named-2")]
        for text, total in (("SUM([m0, m2])", "4.0"), (" SUM( [ m1 ] ) ", "2.0"), ("SUM(METRICS( ))", "6.0")):
            with self.subTest(text):
                told = alarm(f"named-{total}", *queries, expression(text))
                self.assertIn(f"[{total} (", told["StateReason"])

    def test_is_of_the_statistic_the_dimensions_and_the_unit_of_each(self):
        for value in (1, 5):
            put("each-own", value, ago=10, Of="mine")
            put("each-own", 100, ago=10, Of="other")
        queries = [metric("high", "each-own", "Maximum"), metric("count", "each-own", "SampleCount"),
                   metric("bytes", "each-own", Unit="Bytes")]
        for query in queries:
            query["MetricStat"]["Metric"]["Dimensions"] = [{"Name": "Of", "Value": "mine"}]
        self.assertIn("[7.0 (", alarm("each-own", expression("SUM(METRICS())"), *queries)["StateReason"])


    def test_is_of_gauges_too(self):
        queries = []
        for name in ("gauge-one", "gauge-two"):
            url = shared().client("sqs").create_queue(QueueName=name)["QueueUrl"]
            shared().client("sqs").send_message(QueueUrl=url, MessageBody="waits")
            query = metric(name.replace("-", "_"), "ApproximateNumberOfMessagesVisible", "Maximum", 300)
            query["MetricStat"]["Metric"].update(
                Namespace="AWS/SQS", Dimensions=[{"Name": "QueueName", "Value": name}])
            queries.append(query)
        self.assertIn("[2.0 (", alarm("gauges", expression("SUM(METRICS())"), *queries)["StateReason"])


class AnAlarmThatIsPut(unittest.TestCase):
    QUERIES = [expression("SUM(METRICS())", Label="Both", ReturnData=True), metric("m1", "put-1"),
               metric("m2", "put-2", Unit="Count")]

    def test_is_read_back_as_it_was_given(self):
        told = alarm("read-back", *self.QUERIES, AlarmDescription="Both together.")
        self.assertEqual(told["Metrics"], self.QUERIES)
        self.assertEqual((told["Threshold"], told["EvaluationPeriods"]), (3.0, 1))
        self.assertEqual(told["AlarmArn"], f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:read-back")
        self.assertFalse({"MetricName", "Namespace", "Statistic", "Period"} & set(told))

    def test_keeps_its_state_and_may_become_another(self):
        put("turned", 5, ago=10)
        self.assertEqual(alarm("turned", expression("SUM([m1])"), metric("m1", "turned"))["StateValue"], "ALARM")
        cloudwatch = shared().client("cloudwatch")
        cloudwatch.put_metric_alarm(AlarmName="turned", Namespace="Alarms", MetricName="turned", Statistic="Sum",
                                    Period=60, **SUMMED)
        told = state("turned")
        self.assertEqual((told["StateValue"], told["MetricName"]), ("ALARM", "turned"))
        self.assertNotIn("Metrics", told)
        history = cloudwatch.describe_alarm_history(AlarmName="turned", HistoryItemType="StateUpdate")
        self.assertIn("Alarm updated from INSUFFICIENT_DATA to ALARM",
                      [item["HistorySummary"] for item in history["AlarmHistoryItems"]])
        cloudwatch.delete_alarms(AlarmNames=["turned"])
        self.assertEqual(cloudwatch.describe_alarms(AlarmNames=["turned"])["MetricAlarms"], [])

    def test_is_refused_where_it_cannot_be_played(self):
        one, two, whole = metric("m1", "no-1"), metric("m2", "no-2"), expression("SUM(METRICS())")
        unplayed = "the local cloud does not know the expression {} of all, but SUM(METRICS()) and SUM([m1, m2])"
        table = [
            *(([expression(text), one, two], {}, unplayed.format(text)) for text in (
                "m1/m2*100", "m1+m2", "SUM(m1)", "SUM(METRICS(\"m\"))", "SUM(METRICS())/2", "FILL(METRICS(), 0)",
                "sum(METRICS())", "ANOMALY_DETECTION_BAND(m1, 2)")),
            ([expression("SUM([m1, m3])"), one], {},
             "the expression SUM([m1, m3]) of all: no metric has the Id m3"),
            ([whole], {}, "the expression SUM(METRICS()) of all has no metric to sum"),
            ([whole, {**expression("m1*2", ReturnData=False), "Id": "twice"}, one], {},
             "the local cloud does not know the expression m1*2 of twice, but SUM(METRICS()) and SUM([m1, m2])"),
            ([whole, metric("m1", "no-1"), metric("m2", "no-2", period=300)], {},
             "the local cloud sums metrics of one period alone, not of [60, 300] seconds"),
            ([whole, metric("m1", "no-1", "p99")], {}, "the local cloud does not know the Stat p99 of m1, but "
             "SampleCount, Average, Sum, Minimum, Maximum"),
            ([whole, {**one, "AccountId": "444455556666"}], {},
             "the local cloud does not know ['AccountId'] of m1"),
            ([{**one, "ReturnData": True}], {},
             "the local cloud has the alarm of Metrics watch an expression alone"),
            # What AWS refuses too.
            ([{**whole, "ReturnData": False}, one], {},
             "Exactly one element of the metrics list should return data."),
            ([whole, {**one, "ReturnData": True}], {},
             "Exactly one element of the metrics list should return data."),
            ([whole, one], {"Period": 60}, "Period should not be set if list of Metrics is set."),
            ([whole, one], {"Statistic": "Sum"}, "Statistic should not be set if list of Metrics is set."),
            ([whole, one, one], {}, "Invalid metrics list: an Id is there twice"),
            ([whole, {**one, "Id": "M1"}], {}, "Invalid metrics list: `M1` is no Id"),
            ([whole, {**one, "Expression": "m1"}], {},
             "Invalid metrics list: m1 needs either an Expression or a MetricStat"),
            ([whole, *(metric(f"m{number}", "no") for number in range(11))], {},
             "Invalid metrics list: 10 metrics and 10 expressions are the most"),
        ]
        cloudwatch = shared().client("cloudwatch")
        for queries, settings, message in table:
            with self.subTest(message):
                self.assertEqual(refused(cloudwatch.put_metric_alarm, AlarmName="not-played", Metrics=queries,
                                         **SUMMED, **settings), ("ValidationError", message))
        self.assertEqual(cloudwatch.describe_alarms(AlarmNames=["not-played"])["MetricAlarms"], [])

    def test_by_the_query_protocol_is_refused(self):
        form = ("Action=PutMetricAlarm&Version=2010-08-01&AlarmName=by-query&EvaluationPeriods=1&Threshold=3"
                "&ComparisonOperator=GreaterThanThreshold&Metrics.member.1.Id=m1")
        request = AWSRequest("POST", shared().endpoint, data=form,
                             headers={"Content-Type": "application/x-www-form-urlencoded"})
        SigV4Auth(Credentials("test", "test"), "monitoring", REGION).add_auth(request)
        with self.assertRaises(HTTPError) as answer:
            urlopen(Request(request.url, form.encode(), dict(request.headers)))
        with answer.exception as error:
            self.assertIn("the local cloud reads Metrics of JSON and CBOR, and not of the query protocol",
                          error.read().decode())
        self.assertEqual(shared().client("cloudwatch").describe_alarms(AlarmNames=["by-query"])["MetricAlarms"], [])

    def test_on_a_metric_that_is_not_played_says_so(self):
        unseen = metric("m2", "FilesTransferred")
        unseen["MetricStat"]["Metric"]["Namespace"] = "AWS/DataSync"
        told = alarm("half-seen", expression("SUM(METRICS())"), metric("m1", "half-seen"), unseen)
        self.assertEqual((told["StateValue"], told["StateReason"]), (
            "INSUFFICIENT_DATA", "Unchecked: the local cloud has no metric FilesTransferred of AWS/DataSync"))


class AnAlarmOfAStack(unittest.TestCase):
    """Two functions that fail if they are told to, and the alarm on what both did not do."""

    FAILING = "def handler(event, context):\n    if event.get('fail'): raise ValueError('on purpose')\n"

    @classmethod
    def setUpClass(cls):
        harness.role("math-role", "lambda.amazonaws.com")
        cls.resources = {
            "First": cls.function(), "Second": cls.function(), "Topic": {"Type": "AWS::SNS::Topic"},
            "Policy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {
                "Topics": [{"Ref": "Topic"}], "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
                    "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": "sns:Publish", "Resource": {"Ref": "Topic"}}]}}},
            "Failing": cls.failing(3)}
        harness.stack("math-stack", cls.resources)
        cls.name = physical_id("math-stack", "Failing")
        cls.functions = [physical_id("math-stack", name) for name in ("First", "Second")]
        sns, topic = shared().client("sns"), physical_id("math-stack", "Topic")
        for protocol in ("email", "email-json"):
            sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=f"{protocol}@math.example.com")
        for waiting in shared().post("/_efs/pending")[1]["Pending"]:
            if waiting["TopicArn"] == topic:
                sns.confirm_subscription(TopicArn=topic, Token=waiting["Token"])

    @classmethod
    def function(cls) -> dict:
        return {"Type": "AWS::Lambda::Function", "Properties": {
            "Runtime": "python3.12", "Handler": "index.handler", "Code": {"ZipFile": cls.FAILING},
            "Role": f"arn:aws:iam::{ACCOUNT}:role/math-role"}}

    @staticmethod
    def failing(threshold: int, text: str = "SUM(METRICS())") -> dict:
        figures = [(name, figure) for name in ("First", "Second") for figure in ("Errors", "Throttles")]
        # Numbers and truth values as text, as intrinsic functions give them.
        return {"Type": "AWS::CloudWatch::Alarm", "Properties": {
            "AlarmDescription": "Functions fail.", **SUMMED, "Threshold": str(threshold),
            "AlarmActions": [{"Ref": "Topic"}],
            "Metrics": [{"Id": "failures", "Expression": text, "Label": "Failed or not let run"}, *(
                {"Id": f"m{number}", "ReturnData": "false", "MetricStat": {"Stat": "Sum", "Period": "3600", "Metric": {
                    "Namespace": "AWS/Lambda", "MetricName": figure,
                    "Dimensions": [{"Name": "FunctionName", "Value": {"Ref": name}}]}}}
                for number, (name, figure) in enumerate(figures, 1))]}}

    def queries(self, name: str = "Name", value: str = "Value") -> list[dict]:
        """The metrics as they are read back, or with the names of dimensions as in a message."""
        figures = [(function, figure) for function in self.functions for figure in ("Errors", "Throttles")]
        return [{"Id": f"m{number}", "ReturnData": False, "MetricStat": {"Stat": "Sum", "Period": 3600, "Metric": {
            "Namespace": "AWS/Lambda", "MetricName": figure, "Dimensions": [{name: "FunctionName", value: function}]}}}
            for number, (function, figure) in enumerate(figures, 1)]

    def invoke(self, function: str, fail: bool) -> None:
        shared().client("lambda").invoke(FunctionName=function, Payload=json.dumps({"fail": fail}).encode())

    def test_rings_when_functions_have_failed_together(self):
        self.assertEqual(state(self.name)["Metrics"], [
            {"Id": "failures", "Expression": "SUM(METRICS())", "Label": "Failed or not let run"}, *self.queries()])
        change, = pass_time(Hours=0, Names=[self.name])["Changes"]
        self.assertEqual((change["To"], change["Reason"]), (
            "OK", "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was "
                  "treated as [NonBreaching]."))

        for function, fail in (*((name, True) for name in self.functions), (self.functions[0], False)):
            self.invoke(function, fail)
        self.assertEqual(pass_time(Hours=0, Names=[self.name])["Changes"], [])
        client = shared().client("lambda")
        client.put_function_concurrency(FunctionName=self.functions[1], ReservedConcurrentExecutions=0)
        self.assertEqual(refused(self.invoke, self.functions[1], False)[0], "TooManyRequestsException")
        client.delete_function_concurrency(FunctionName=self.functions[1])
        change, = pass_time(Hours=0, Names=[self.name])["Changes"]
        self.assertEqual((change["From"], change["To"]), ("OK", "ALARM"))
        self.told(change["Reason"])

        change, = pass_time(Hours=4, Names=[self.name])["Changes"]
        self.assertEqual((change["From"], change["To"]), ("ALARM", "OK"))
        history = shared().client("cloudwatch").describe_alarm_history(
            AlarmName=self.name, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
        self.assertEqual([item["HistorySummary"].removeprefix("Alarm updated from ") for item in history][:3],
                         ["ALARM to OK", "OK to ALARM", "INSUFFICIENT_DATA to OK"])

    def told(self, reason: str) -> None:
        """What both kinds of mail say of the alarm that has just rung."""
        self.assertRegex(reason, r"^Threshold Crossed: 1 out of the last 1 datapoints \[3\.0 \([^)]*\)\] was greater "
                                 r"than or equal to the threshold \(3\.0\) "
                                 r"\(minimum 1 datapoint for OK -> ALARM transition\)\.$")
        mail, = mails("email@math.example.com")
        self.assertEqual(mail["Subject"], f'ALARM: "{self.name}" in EU (Frankfurt)')
        for part in (
            "- Description:                Functions fail.\n", f"- Reason for State Change:    {reason}\n",
            "- The alarm is in the ALARM state when the metric is GreaterThanOrEqualToThreshold 3.0 for at least 1 of "
            "the last 1 period(s) of 3600 seconds.\n",
            "\n\nMonitored Metrics:\n- MetricExpression:           SUM(METRICS())\n"
            "- MetricLabel:                Failed or not let run\n\nState Change Actions:\n"
        ):
            self.assertIn(part, mail.get_content())
        mail, = mails("email-json@math.example.com")
        envelope, _ = json.JSONDecoder().raw_decode(mail.get_content())
        message = json.loads(envelope["Message"])
        self.assertEqual((message["AlarmName"], message["NewStateReason"]), (self.name, reason))
        self.assertEqual(message["Trigger"], {
            "Period": 3600, "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 3.0, "TreatMissingData": "notBreaching", "EvaluateLowSampleCountPercentile": "",
            "Metrics": [{"Id": "failures", "Expression": "SUM(METRICS())", "Label": "Failed or not let run",
                         "ReturnData": True}, *self.queries("name", "value")]})

    def test_is_updated_and_deleted_with_it(self):
        resources = {"First": self.function(), "Second": self.function(), "Topic": self.resources["Topic"]}
        harness.stack("math-update", {**resources, "Failing": self.failing(3)})
        name = physical_id("math-update", "Failing")
        made = harness.stack("math-update", {**resources, "Failing": self.failing(5, "SUM([m1, m2])")}, update=True)
        self.assertEqual(made["StackStatus"], "UPDATE_COMPLETE")
        told = state(name)
        self.assertEqual((told["Threshold"], told["Metrics"][0]["Expression"]), (5.0, "SUM([m1, m2])"))

        made = harness.stack("math-update", {**resources, "Failing": self.failing(7, "m1/m2")}, update=True)
        self.assertEqual(made["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual((state(name)["Threshold"], state(name)["Metrics"]), (5.0, told["Metrics"]))

        harness.delete_stack("math-update")
        self.assertEqual(shared().client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"], [])

    def test_is_not_made_with_another_expression(self):
        made = harness.stack("math-refused", {
            "First": self.function(), "Second": self.function(), "Topic": self.resources["Topic"],
            "Failing": self.failing(3, "100*(m1/m2)")})
        self.assertEqual(made["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn('Resource handler returned message: "the local cloud does not know the expression 100*(m1/m2) '
                      'of failures, but SUM(METRICS()) and SUM([m1, m2]) (Service: CloudWatch, Status Code: 400)"',
                      reasons("math-refused"))


if __name__ == "__main__":
    unittest.main()
