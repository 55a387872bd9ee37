"""Mutants, and how the gate counts their deaths."""

import unittest

from gate import mutation, rules
from gate.edits import Mutant, MutantError, add, drop, put, swap
from gate.findings import Finding
from gate.mutants import MUTANTS
from gate.mutation import Death

TEMPLATE = {
    "Globals": {"Function": {"Timeout": 3}},
    "Resources": {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "Properties": {
                "Rules": [{"Id": "expire", "Days": 30}, {"Sid": "Deny", "Action": "s3:*"}],
                "Source": "a",
                "Target": "b",
            },
        }
    },
}


def mutated(*edits):
    """The bucket after some edits."""
    return Mutant("default", "a fault", edits).applied(TEMPLATE)["Resources"].get("Bucket", {})


class Edits(unittest.TestCase):
    def test_a_path_leads_to_properties_items_and_the_resource_itself(self):
        self.assertNotIn("DeletionPolicy", mutated(drop("Bucket/DeletionPolicy")))
        self.assertEqual(mutated(put("Bucket/Rules/expire/Days", 1))["Properties"]["Rules"][0]["Days"], 1)
        self.assertEqual(mutated(drop("Bucket/Rules/0"))["Properties"]["Rules"], [{"Sid": "Deny", "Action": "s3:*"}])
        self.assertEqual(
            mutated(add("Bucket/Rules/Deny/Action", "x"))["Properties"]["Rules"][1]["Action"], ["s3:*", "x"]
        )
        self.assertEqual(mutated(drop("Bucket")), {})
        swapped = mutated(swap("Bucket/Source", "Bucket/Target"))["Properties"]
        self.assertEqual((swapped["Source"], swapped["Target"]), ("b", "a"))

    def test_the_template_stays_as_it_is(self):
        before = repr(TEMPLATE)
        mutated(drop("Bucket/Rules"), put("Globals/Function/Timeout", 900))
        self.assertEqual(repr(TEMPLATE), before)

    def test_a_mutant_that_changes_nothing_is_none(self):
        for edit in [
            drop("Bucket/NoSuchThing"),
            drop("NoSuchBucket/Rules"),
            put("Bucket/Rules/no-such-rule/Days", 1),
            drop("Bucket/Rules/7"),
            put("Bucket/Source", "a"),
        ]:
            with self.assertRaises(MutantError):
                mutated(edit)


class Deaths(unittest.TestCase):
    def all_dead(self):
        """Deaths of which each tool and each rule of our own has one."""
        killers = [Finding(tool, "rule", "A") for tool in ("cfn-lint", "checkov", "cfn-guard", "parliament")]
        killers += [Finding(rules.TOOL, rules.name_of(rule), "A") for rule in rules.rules()]
        return [Death(MUTANTS[0], frozenset(killers))]

    def test_all_dead_is_no_fault(self):
        self.assertEqual(mutation.faults(self.all_dead()), [])

    def test_one_that_lives_is_told(self):
        alive = Death(MUTANTS[1], frozenset())
        self.assertEqual(mutation.faults([*self.all_dead(), alive]), [f"mutant lives: {MUTANTS[1].fault}"])

    def test_a_rule_and_a_tool_that_kill_nothing_are_told(self):
        (death,) = self.all_dead()
        fewer = {killer for killer in death.killers if killer.rule != "silence-rings" and killer.tool != "checkov"}
        self.assertEqual(
            mutation.faults([Death(death.mutant, frozenset(fewer))]),
            ["no mutant is killed by checkov", "no mutant breaks silence-rings"],
        )

    def test_there_are_many_and_no_two_are_called_the_same(self):
        self.assertGreaterEqual(len(MUTANTS), 25)
        self.assertEqual(len({mutant.fault for mutant in MUTANTS}), len(MUTANTS))
