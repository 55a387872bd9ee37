"""The tables at the end."""

import unittest

from gate import summary
from gate.findings import Finding, Report


class Tables(unittest.TestCase):
    def test_columns_are_aligned_and_numbers_are_on_the_right(self):
        self.assertEqual(
            summary.table(["tool", "rules"], [["checkov", 8], ["cfn-guard", 31]]),
            "tool       rules\ncheckov        8\ncfn-guard     31",
        )

    def test_a_finding_is_counted_once(self):
        stays, gone, new = (Finding("checkov", rule, "A") for rule in ("CKV_1", "CKV_2", "CKV_3"))
        reports = {
            name: [Report("checkov", rules={"CKV_1"}, passed=5, findings={stays, gone, new})]
            for name in ("default", "strict")
        }
        _, default, strict = summary.of_profiles(reports, {stays}, {gone}).splitlines()
        self.assertEqual(default.split(), ["default", "checkov", "1", "5", "1", "1", "1"])
        self.assertEqual(strict.split(), ["strict", "checkov", "1", "5", "2", "0", "1"])
