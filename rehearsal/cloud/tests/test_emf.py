"""Metrics that lie in log lines, and the format of a function's log."""

from __future__ import annotations

import json
import time
import unittest
from datetime import datetime, timedelta, timezone

from cloud.tests import harness
from cloud.tests.harness import shared


def line(namespace: str, **changes) -> str:
    """A line of Embedded Metric Format with one metric and one dimension."""
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [
        {"Namespace": namespace, "Dimensions": [["Stack"]],
         "Metrics": [{"Name": "HoursSinceGood", "Unit": "None"}]}]}
    return json.dumps({"_aws": about, "Stack": "web", "HoursSinceGood": 7.5, **changes})


def told(namespace: str, name: str = "HoursSinceGood", **dimensions) -> dict:
    """The data points of a metric within the last hour, in one figure. The clock of the
    metrics may be ahead: who asks need not know."""
    now = datetime.now(timezone.utc)
    found = shared().client("cloudwatch").get_metric_statistics(
        Namespace=namespace, MetricName=name, StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=5), Period=86400, Statistics=["SampleCount", "Sum", "Maximum"],
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()])["Datapoints"]
    return found[0] if found else {}


class ALineOfALogGroup(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.logs = shared().client("logs")
        cls.logs.create_log_group(logGroupName="emf")
        cls.logs.create_log_stream(logGroupName="emf", logStreamName="s")

    def write(self, *lines: str) -> None:
        now = int(time.time() * 1000)
        self.logs.put_log_events(logGroupName="emf", logStreamName="s", logEvents=[
            {"timestamp": now, "message": text} for text in lines])

    def test_is_a_data_point_as_well(self):
        self.write(line("Emf/Plain"))
        found = told("Emf/Plain", Stack="web")

        self.assertEqual((found["Sum"], found["SampleCount"], found["Unit"]), (7.5, 1.0, "None"))
        self.assertEqual(told("Emf/Plain", Stack="other"), {})

    def test_may_hold_several_metrics_values_and_sets_of_dimensions(self):
        about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [
            {"Namespace": "Emf/Many", "Dimensions": [["A", "B"], []],
             "Metrics": [{"Name": "Files", "Unit": "Count"}, {"Name": "Bytes", "Unit": "Bytes"}]}]}
        self.write(json.dumps({"_aws": about, "A": "1", "B": "2", "Files": [1, 2, 3], "Bytes": 4}))

        self.assertEqual(told("Emf/Many", "Files", A="1", B="2")["Sum"], 6)
        self.assertEqual(told("Emf/Many", "Bytes", A="1", B="2")["Unit"], "Bytes")
        listed = shared().client("cloudwatch").list_metrics(Namespace="Emf/Many")["Metrics"]
        self.assertEqual(sorted((metric["MetricName"], len(metric["Dimensions"])) for metric in listed),
                         [("Bytes", 0), ("Bytes", 2), ("Files", 0), ("Files", 2)])

    def test_has_the_time_that_it_names(self):
        old = {"Timestamp": int((time.time() - 7200) * 1000), "CloudWatchMetrics": [
            {"Namespace": "Emf/Old", "Dimensions": [["Stack"]], "Metrics": [{"Name": "HoursSinceGood"}]}]}
        self.write(line("Emf/Old", _aws=old))
        self.assertEqual(told("Emf/Old", Stack="web"), {}, "not within the last hour")

    def test_that_breaks_a_rule_is_dropped_and_the_cloud_says_why(self):
        good = json.loads(line("Emf/Bad"))

        def about(**changes) -> dict:
            directive = {**good["_aws"]["CloudWatchMetrics"][0], **changes}
            return {**good, "_aws": {**good["_aws"], "CloudWatchMetrics": [directive]}}

        cases = [
            ("a dimension that is a number", {**good, "Stack": 5}, "the dimension Stack is no text"),
            ("no such dimension", about(Dimensions=[["Nobody"]]), "the dimension Nobody is no text"),
            ("dimensions in one list", about(Dimensions=["Stack"]), "a set of dimensions is no list"),
            ("no dimensions", about(Dimensions=None), "`Dimensions` is no list"),
            ("a value that is text", {**good, "HoursSinceGood": "7"}, "HoursSinceGood is no number"),
            ("a value that is too large", {**good, "HoursSinceGood": 1e109}, "HoursSinceGood is no number"),
            ("infinity", {**good, "HoursSinceGood": float("inf")}, "HoursSinceGood is no number"),
            ("no value", about(Metrics=[{"Name": "Missing"}]), "Missing is no number"),
            ("an odd unit", about(Metrics=[{"Name": "HoursSinceGood", "Unit": "Hours"}]), "`Hours` of HoursSinceGood"),
            ("no namespace", about(Namespace=""), "`Namespace` is no name"),
            ("AWS's namespace", about(Namespace="AWS/EFS"), "a namespace of AWS"),
            ("seconds", {**good, "_aws": {**good["_aws"], "Timestamp": time.time()}}, "`Timestamp` is not in"),
            ("no time", {**good, "_aws": {"CloudWatchMetrics": []}}, "`Timestamp` is no number"),
        ]
        for name, document, fault in cases:
            with self.subTest(name):
                self.write(json.dumps({**document, "case": name}))
                last = next(text for text in shared().log().splitlines() if f'"case": "{name}"' in text)
                self.assertIn(fault, last)
        self.write("INFO " + line("Emf/Bad"))
        self.assertIn("since the line is not JSON alone: INFO {", shared().log())
        self.assertEqual(told("Emf/Bad", Stack="web"), {})

    def test_of_another_kind_is_only_a_line(self):
        self.write('{"level": "INFO"}', "CloudWatchMetrics", "{")
        self.assertNotIn("CloudWatch drops the metrics of a line, since the line is not JSON alone: {\n",
                         shared().log())


class WhatAFunctionPrints(unittest.TestCase):
    def test_is_a_data_point_and_stays_a_line(self):
        harness.function("emitting")
        shared().client("lambda").invoke(FunctionName="emitting", Payload=json.dumps(
            {"print": line("Emf/Function")}).encode())

        self.assertEqual(told("Emf/Function", Stack="web")["Sum"], 7.5)
        events = shared().client("logs").filter_log_events(logGroupName="/aws/lambda/emitting")["events"]
        self.assertTrue(any("Emf/Function" in event["message"] for event in events))


class ALogInJson(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        harness.function("in-json", LoggingConfig={
            "LogFormat": "JSON", "ApplicationLogLevel": "WARN", "LogGroup": "/own/in-json"})
        answer = shared().client("lambda").invoke(FunctionName="in-json", Payload=b"{}")
        cls.seen = json.load(answer["Payload"])["environment"]
        shared().client("lambda").invoke(FunctionName="in-json", Payload=b'{"fail": true}')
        events = shared().client("logs").filter_log_events(logGroupName="/own/in-json")["events"]
        cls.lines = [event["message"] for event in events]

    def test_is_told_to_the_function(self):
        self.assertEqual(self.seen["AWS_LAMBDA_LOG_FORMAT"], "JSON")
        self.assertEqual(self.seen["AWS_LAMBDA_LOG_LEVEL"], "WARN")

    def test_has_lines_of_lambda_in_json_too(self):
        own = [json.loads(text) for text in self.lines if text.startswith('{"time"')]
        self.assertEqual([event["type"] for event in own], ["platform.start", "platform.report"] * 2)
        self.assertEqual([event["record"].get("status") for event in own], [None, "success", None, "error"])
        self.assertEqual([text for text in self.lines if "RequestId: " in text], [])

    def test_keeps_what_the_function_prints(self):
        self.assertEqual(len([text for text in self.lines if text.startswith("ANSWER ")]), 1)


if __name__ == "__main__":
    unittest.main()
