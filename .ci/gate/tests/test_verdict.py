"""Which findings are faults."""

import unittest
from datetime import date

from gate import verdict
from gate.findings import Finding, Report
from gate.verdict import Listed

TODAY = date(2026, 11, 23)
LOG = Finding("checkov", "CKV_1", "Log")
QUEUE = Finding("cfn-guard", "queue_check", "Queue")
NEW = Finding("own rules", "new-rule", "Bucket")


def entry(finding, **more):
    """A list's entry about one finding."""
    return Listed(finding.tool, finding.rule, (finding.resource,), **more)


class Profiles(unittest.TestCase):
    suppressed = [entry(QUEUE)]
    listed = [entry(LOG, cleared_by="CustomerKeys")]

    def faults(self, default, strict):
        return verdict.faults_of_profiles({"default": default, "strict": strict}, self.suppressed, self.listed)

    def test_what_is_listed_is_no_fault(self):
        self.assertEqual(self.faults({LOG, QUEUE}, {QUEUE}), [])

    def test_what_is_not_listed_is_one(self):
        cases = [
            ("new in strict", {LOG, QUEUE}, {QUEUE, NEW}, ["strict: own rules new-rule: Bucket"]),
            ("new in the default", {LOG, QUEUE, NEW}, {QUEUE}, ["default: own rules new-rule: Bucket"]),
            ("given up in strict as well", {LOG, QUEUE}, {LOG, QUEUE}, ["strict: checkov CKV_1: Log"]),
        ]
        for name, default, strict, expected in cases:
            with self.subTest(name):
                self.assertEqual(self.faults(default, strict), expected)

    def test_what_is_listed_and_not_found_is_stale(self):
        self.assertEqual(
            self.faults({LOG}, set()), ["suppressions.yaml: no longer found: cfn-guard queue_check: Queue"]
        )
        self.assertEqual(self.faults({QUEUE}, {QUEUE}), ["default.yaml: no longer found: checkov CKV_1: Log"])


class Suppressions(unittest.TestCase):
    reason = "A reason that says why the rule would be wrong here."

    def faults(self, *entries):
        return verdict.faults_of_suppressions(entries, TODAY)

    def test_an_entry_has_a_reason_and_a_day_of_review(self):
        self.assertEqual(self.faults(entry(LOG, reason=self.reason, review=TODAY)), [])
        (late,) = self.faults(entry(LOG, reason=self.reason, review=date(2026, 11, 22)))
        self.assertIn("review due 2026-11-22", late)
        (bare,) = self.faults(entry(LOG, reason="No.", review=TODAY))
        self.assertIn("no reason", bare)

    def test_sixteen_rules_are_the_most(self):
        def many(count):
            return [Listed("checkov", f"CKV_{i}", ("A",), self.reason, TODAY) for i in range(count)]

        self.assertEqual(self.faults(*many(16)), [])
        self.assertEqual(self.faults(*many(17)), ["suppressions.yaml: 17 rules, at most 16"])

    def test_two_resources_of_a_rule_are_one_rule(self):
        twice = [Listed("checkov", "CKV_1", (name,), self.reason, TODAY) for name in "ABCDEFGHIJKLMNOPQ"]
        self.assertEqual(self.faults(*twice), [])


class Clearing(unittest.TestCase):
    listed = [entry(LOG, cleared_by="CustomerKeys")]

    def faults(self, costs, strict, found):
        return verdict.faults_of_clearing(self.listed, costs, strict, {"CustomerKeys": found})

    def test_the_parameter_alone_has_to_clear_it(self):
        strict, costs = {"CustomerKeys": "true"}, {"CustomerKeys": 2}
        self.assertEqual(self.faults(costs, strict, {QUEUE}), [])
        (left,) = self.faults(costs, strict, {LOG})
        self.assertIn("CustomerKeys does not clear checkov CKV_1: Log", left)

    def test_the_strict_profile_has_to_set_it(self):
        (unset,) = self.faults({"CustomerKeys": 2}, {}, set())
        self.assertIn("does not set CustomerKeys", unset)

    def test_it_has_a_cost_and_nothing_else_has(self):
        (none,) = self.faults({}, {"CustomerKeys": "true"}, set())
        self.assertIn("no cost of CustomerKeys", none)
        (idle,) = self.faults({"CustomerKeys": 2, "FlowLogs": 1}, {"CustomerKeys": "true"}, set())
        self.assertIn("cost of FlowLogs, which clears nothing", idle)


class Floors(unittest.TestCase):
    def test_a_tool_that_read_nothing_is_a_fault(self):
        enough = [Report(tool, passed=floor) for tool, floor in verdict.FLOORS.items()]
        self.assertEqual(verdict.faults_of_floors(enough), [])
        enough[1].passed -= 1
        (fault,) = verdict.faults_of_floors(enough)
        self.assertIn("checkov has 149 good results", fault)
        self.assertEqual(len(verdict.faults_of_floors([])), len(verdict.FLOORS))


class Files(unittest.TestCase):
    """The lists themselves are read as they are meant."""

    def test_every_entry_says_what_it_has_to(self):
        self.assertTrue(all(entry.reason and entry.review for entry in verdict.suppressions()))
        self.assertTrue(all(entry.cleared_by for entry in verdict.given_up()[0]))
