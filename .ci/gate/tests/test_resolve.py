"""Resolving: a template without its choices."""

import unittest

from gate.profile import Profile, ProfileError
from gate.resolve import resolve

NOTHING = {"Ref": "AWS::NoValue"}


def resolved(properties=None, **sections):
    """What becomes of a resource with these properties, with `Fleet=false` and `Days=30`."""
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": "A template.",
        "Parameters": {
            "Fleet": {"Type": "String", "Default": "false"},
            "Days": {"Type": "Number", "Default": 30},
        },
        "Mappings": {"Image": {"30": {"Processor": "arm64"}}},
        "Conditions": {
            "HasFleet": {"Fn::Equals": [{"Ref": "Fleet"}, "true"]},
            "HasNoFleet": {"Fn::Not": [{"Condition": "HasFleet"}]},
            "HasMonth": {"Fn::And": [{"Condition": "HasNoFleet"}, {"Fn::Equals": [{"Ref": "Days"}, "30"]}]},
        },
        "Resources": {"Thing": {"Type": "AWS::Thing", "Properties": properties or {}}},
        **sections,
    }
    return resolve(template, Profile("test", {}))


class Values(unittest.TestCase):
    def test_choices_are_made_and_references_stay(self):
        cases = [
            ("a parameter", {"Ref": "Days"}, 30),
            ("a resource", {"Ref": "Thing"}, {"Ref": "Thing"}),
            ("a condition that holds", {"Fn::If": ["HasMonth", "yes", "no"]}, "yes"),
            ("one that does not", {"Fn::If": ["HasFleet", "yes", {"Fn::GetAtt": ["Thing", "Arn"]}]},
             {"Fn::GetAtt": ["Thing", "Arn"]}),
            ("nothing in a list", ["a", {"Fn::If": ["HasFleet", "b", NOTHING]}], ["a"]),
            ("nothing in a map", {"a": 1, "b": NOTHING}, {"a": 1}),
            ("a mapping", {"Fn::FindInMap": ["Image", {"Ref": "Days"}, "Processor"]}, "arm64"),
            ("a text all known", {"Fn::Sub": "for ${Days} days"}, "for 30 days"),
            ("a text partly known", {"Fn::Sub": "${Thing.Arn} ${Days}"}, {"Fn::Sub": "${Thing.Arn} 30"}),
            ("a text with names of its own", {"Fn::Sub": ["${p} ${q}", {"p": {"Ref": "Days"}, "q": {"Ref": "Thing"}}]},
             {"Fn::Sub": ["30 ${q}", {"q": {"Ref": "Thing"}}]}),
            ("what looks like a name but is none", {"Fn::Sub": "${!Days}"}, {"Fn::Sub": "${!Days}"}),
        ]  # fmt: skip
        for name, given, expected in cases:
            with self.subTest(name):
                self.assertEqual(resolved({"X": given})["Resources"]["Thing"]["Properties"], {"X": expected})

    def test_a_policys_condition_is_none_of_the_templates(self):
        statement = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        self.assertEqual(resolved({"X": statement})["Resources"]["Thing"]["Properties"]["X"], statement)


class Sections(unittest.TestCase):
    def test_what_is_not_made_is_left_out_and_not_waited_for(self):
        resources = {
            "Group": {"Type": "AWS::Group", "Condition": "HasFleet"},
            "One": {"Type": "AWS::One", "Condition": "HasNoFleet", "DependsOn": ["Group", "Two"]},
            "Two": {"Type": "AWS::Two", "DependsOn": "Group"},
        }
        outputs = {"Name": {"Condition": "HasFleet", "Value": "x"}, "Other": {"Value": "y"}}
        made = resolved(Resources=resources, Outputs=outputs)
        self.assertEqual(made["Resources"], {
            "One": {"Type": "AWS::One", "DependsOn": ["Two"]},
            "Two": {"Type": "AWS::Two"},
        })  # fmt: skip
        self.assertEqual(made["Outputs"], {"Other": {"Value": "y"}})
        self.assertFalse({"Parameters", "Conditions", "Mappings", "Rules"} & set(made))

    def test_a_rule_that_does_not_hold_refuses_the_profile(self):
        def rule(condition, test):
            assertion = {"Assert": test, "AssertDescription": "Days must be 90."}
            return {"Rules": {"R": {"RuleCondition": condition, "Assertions": [assertion]}}}

        yes, no = {"Fn::Equals": ["a", "a"]}, {"Fn::Equals": ["a", "b"]}
        has_90 = {"Fn::Contains": [["60", "90"], {"Ref": "Days"}]}
        has_30 = {"Fn::Contains": [[30], {"Ref": "Days"}]}
        with self.assertRaisesRegex(ProfileError, "R: Days must be 90"):
            resolved(**rule(yes, has_90))
        for condition, test in [(no, has_90), (yes, has_30), (yes, {"Fn::Or": [no, yes]})]:
            resolved(**rule(condition, test))

    def test_a_function_that_the_gate_cannot_decide_is_told(self):
        conditions = {"HasFleet": {"Fn::Unheard": []}}
        with self.assertRaisesRegex(ProfileError, "Fn::Unheard"):
            resolved({"X": {"Fn::If": ["HasFleet", 1, 2]}}, Conditions=conditions)
