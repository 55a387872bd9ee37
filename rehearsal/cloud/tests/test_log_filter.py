"""FilterLogEvents: patterns, streams and pages."""

from __future__ import annotations

import time
import unittest

from cloud.tests.harness import ACCOUNT, REGION, allow, refused, role, shared


class FilteringALog(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.logs = shared().client("logs")
        cls.logs.create_log_group(logGroupName="filter")
        cls.fill("task-1-exec-1", ["[ERROR] a", "[WARN] b", "[INFO] c", "Verification failed <> d"])
        cls.fill("task-1-exec-2", ["[ERROR] other"])

    @classmethod
    def fill(cls, stream: str, lines: list[str]) -> None:
        cls.logs.create_log_stream(logGroupName="filter", logStreamName=stream)
        now = int(time.time() * 1000)
        cls.logs.put_log_events(
            logGroupName="filter", logStreamName=stream,
            logEvents=[{"timestamp": now, "message": line} for line in lines])

    def found(self, pattern: str, stream: str = "task-1-exec-1") -> list[str]:
        answer = self.logs.filter_log_events(
            logGroupName="filter", logStreamNamePrefix=stream, filterPattern=pattern)
        return [event["message"] for event in answer["events"]]

    def test_question_marks_ask_for_one_of_several(self):
        pattern = '?"[ERROR]" ?"[WARN]" ?"Verification failed"'
        self.assertEqual(
            self.found(pattern), ["[ERROR] a", "[WARN] b", "Verification failed <> d"])

    def test_plain_terms_must_all_be_there_and_case_counts(self):
        self.assertEqual(self.found("Verification failed"), ["Verification failed <> d"])
        self.assertEqual(self.found("verification"), [])
        self.assertEqual(len(self.found('-"[INFO]"')), 3)

    def test_only_streams_with_the_prefix_are_looked_at(self):
        self.assertEqual(self.found("", "task-1-exec-2"), ["[ERROR] other"])
        self.assertEqual(len(self.found("", "task-1-exec")), 5)
        self.assertEqual(self.found("", "task-2"), [])

    def test_a_page_may_be_empty_and_have_a_token(self):
        self.fill("long", ["nothing"] * 1500 + ["[ERROR] late"])
        page = self.logs.filter_log_events(
            logGroupName="filter", logStreamNamePrefix="long", filterPattern="ERROR")
        self.assertEqual(page["events"], [])
        page = self.logs.filter_log_events(
            logGroupName="filter", logStreamNamePrefix="long", filterPattern="ERROR",
            nextToken=page["nextToken"])
        self.assertEqual([event["message"] for event in page["events"]], ["[ERROR] late"])
        self.assertNotIn("nextToken", page)

    def test_a_policy_names_the_group_with_a_star(self):
        for name, suffix in (("star", ":*"), ("no-star", "")):
            arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:filter{suffix}"
            reader = role(f"filter-{name}", "lambda.amazonaws.com",
                          allow("logs:FilterLogEvents", arn))
            logs = shared().as_role("logs", reader)
            if suffix:
                logs.filter_log_events(logGroupName="filter")
            else:
                code, _ = refused(logs.filter_log_events, logGroupName="filter")
                self.assertEqual(code, "AccessDeniedException")

    def test_a_group_that_is_not_there(self):
        code, _ = refused(self.logs.filter_log_events, logGroupName="none")
        self.assertEqual(code, "ResourceNotFoundException")
