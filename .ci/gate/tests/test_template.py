"""Reading and writing templates."""

import tempfile
import unittest
from pathlib import Path

from gate import template


def read(text):
    """A template that is only text so far."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.yaml"
        path.write_text(text, encoding="utf-8")
        return template.read(path)


class Reading(unittest.TestCase):
    def test_short_tags_become_long(self):
        cases = [
            ("!Ref Bucket", {"Ref": "Bucket"}),
            ("!Condition HasFleet", {"Condition": "HasFleet"}),
            ("!GetAtt Bucket.Arn", {"Fn::GetAtt": ["Bucket", "Arn"]}),
            ("!GetAtt Stack.Outputs.Name", {"Fn::GetAtt": ["Stack", "Outputs.Name"]}),
            ("!Sub '${Bucket}/*'", {"Fn::Sub": "${Bucket}/*"}),
            ("!If [HasFleet, !Ref A, b]", {"Fn::If": ["HasFleet", {"Ref": "A"}, "b"]}),
            ("!Sub ['${a}', {a: !Ref B}]", {"Fn::Sub": ["${a}", {"a": {"Ref": "B"}}]}),
        ]
        for text, expected in cases:
            self.assertEqual(read(f"x: {text}"), {"x": expected}, text)

    def test_a_date_stays_text(self):
        self.assertEqual(read("Version: 2012-10-17"), {"Version": "2012-10-17"})

    def test_what_was_written_reads_the_same_and_has_no_aliases(self):
        twice = [{"Fn::GetAtt": ["Bucket", "Arn"]}]
        body = {"a": twice, "b": twice, "c": "2012-10-17"}
        with tempfile.TemporaryDirectory() as folder:
            (path,) = template.written({"one": body}, Path(folder))
            self.assertEqual(template.read(path), body)
            self.assertNotIn("&", path.read_text(encoding="utf-8"))
