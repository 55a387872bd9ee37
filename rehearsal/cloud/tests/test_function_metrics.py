"""The figures of functions: what counts as an invocation, as an error, and as neither."""

from __future__ import annotations

import json
import unittest
from datetime import datetime, timedelta, timezone

from cloud.tests import harness
from cloud.tests.harness import refused, shared, wait_for
from cloud.tests.test_alarms import pass_time


def points(function: str, figure: str, period: int = 86400) -> list[dict]:
    now = datetime.now(timezone.utc)
    return shared().client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName=figure, Period=period, Statistics=["Sum", "SampleCount"],
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=now - timedelta(days=1), EndTime=now + timedelta(days=1))["Datapoints"]


def figures(function: str) -> dict:
    """Sum of each figure of a function, and of how many data points."""
    told = {name: points(function, name) for name in ("Invocations", "Errors", "Throttles")}
    return {name: (sum(point["Sum"] for point in found), sum(point["SampleCount"] for point in found))
            for name, found in told.items()}


class AFunction(unittest.TestCase):
    def invoke(self, name: str, payload: bytes = b"{}", kind: str = "RequestResponse"):
        return shared().client("lambda").invoke(FunctionName=name, Payload=payload, InvocationType=kind)

    def test_that_answers_has_an_invocation_and_no_error(self):
        harness.function("figures-good")
        self.invoke("figures-good")
        self.assertEqual(figures("figures-good"), {"Invocations": (1, 1), "Errors": (0, 1), "Throttles": (0, 1)})

    def test_that_fails_has_an_error(self):
        harness.function("figures-bad")
        self.assertEqual(self.invoke("figures-bad", b'{"fail": true}')["FunctionError"], "Unhandled")
        self.assertEqual(figures("figures-bad"), {"Invocations": (1, 1), "Errors": (1, 1), "Throttles": (0, 1)})

    def test_that_is_tried_again_has_an_error_for_each_attempt(self):
        harness.function("figures-tried")
        self.invoke("figures-tried", b'{"fail": true}', kind="Event")
        wait_for(lambda: harness.attempts("figures-tried") == 3)
        self.assertEqual(figures("figures-tried"), {"Invocations": (3, 3), "Errors": (3, 3), "Throttles": (0, 3)})

    def test_that_does_not_end_in_time_has_an_error_when_it_began(self):
        harness.function("figures-slow", Timeout=2)
        began = datetime.fromisoformat(pass_time(Hours=0, Names=[])["Now"].replace("Z", "+00:00"))
        hangs = json.dumps({"hang": str(shared().folder / "figures-slow")})
        self.assertIn("FunctionError", self.invoke("figures-slow", hangs.encode()))
        point, = points("figures-slow", "Errors", period=1)
        self.assertEqual(point["Sum"], 1)
        self.assertLess(point["Timestamp"] - began, timedelta(seconds=2))

    def test_that_is_not_let_run_has_nothing_but_that(self):
        harness.function("figures-held")
        shared().client("lambda").put_function_concurrency(
            FunctionName="figures-held", ReservedConcurrentExecutions=0)
        self.assertEqual(refused(self.invoke, "figures-held")[0], "TooManyRequestsException")
        self.assertEqual(figures("figures-held"), {"Invocations": (0, 0), "Errors": (0, 0), "Throttles": (1, 1)})


if __name__ == "__main__":
    unittest.main()
