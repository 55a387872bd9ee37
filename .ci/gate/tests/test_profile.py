"""Profiles: what `samconfig.toml` gives, and what the template's limits refuse."""

import tempfile
import unittest
from pathlib import Path

from gate.profile import Profile, ProfileError, parameter_values, profiles


def samconfig(overrides):
    """The two profiles of a `samconfig.toml` with such overrides."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samconfig.toml"
        path.write_text(f"[strict.deploy.parameters]\nparameter_overrides = {overrides}\n", encoding="utf-8")
        return profiles(path)


class Overrides(unittest.TestCase):
    def test_a_list_and_a_string_mean_the_same(self):
        as_list = samconfig('["AccessLogs=true", "TimeZone=Europe/Berlin"]')
        as_text = samconfig("\"AccessLogs=true TimeZone='Europe/Berlin'\"")
        self.assertEqual(as_list, as_text)
        self.assertEqual(as_list[1].given["TimeZone"], "Europe/Berlin")

    def test_what_a_person_gives_is_not_in_the_file(self):
        with self.assertRaisesRegex(ProfileError, "AlertEmail"):
            samconfig('["AlertEmail=ops@example.com"]')

    def test_no_strict_profile_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "samconfig.toml"
            path.write_text("[default.deploy.parameters]\n", encoding="utf-8")
            with self.assertRaisesRegex(ProfileError, "strict"):
                profiles(path)


class Limits(unittest.TestCase):
    template = {
        "Parameters": {
            "Days": {"Type": "Number", "Default": 30, "MinValue": 1, "MaxValue": 90},
            "Mode": {"Type": "String", "Default": "a", "AllowedValues": ["a", "b"]},
            "Email": {"Type": "String", "AllowedPattern": "^[^@]+@[^@]+$", "ConstraintDescription": "One address."},
        }
    }

    def values(self, **given):
        return parameter_values(self.template, Profile("test", {"Email": "a@b", **given}))

    def test_what_is_not_given_has_its_default(self):
        self.assertEqual(self.values(Days="90"), {"Days": 90, "Mode": "a", "Email": "a@b"})

    def test_what_the_template_would_refuse_is_refused(self):
        cases = [
            ({"Days": "91"}, "Days=91"),
            ({"Days": "0"}, "Days=0"),
            ({"Mode": "c"}, "Mode=c"),
            ({"Email": "nobody"}, "One address"),
            ({"Other": "1"}, "no parameter .*Other"),
            ({"Email": None}, "no default"),
        ]
        for given, word in cases:
            with self.subTest(given), self.assertRaisesRegex(ProfileError, word):
                self.values(**given)
