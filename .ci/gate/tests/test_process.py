"""How tools are run."""

import os
import sys
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from unittest import mock

from gate.findings import ToolError
from gate.tools.process import run


def python(code, **more):
    return run([sys.executable, "-c", code], **more)


class Running(unittest.TestCase):
    def test_nothing_of_the_user_comes_along(self):
        with mock.patch.dict(os.environ, {"BC_API_KEY": "secret", "AWS_PROFILE": "prod"}):
            said = python("import os; print(sorted(os.environ), os.environ['HOME'])")
        self.assertNotIn("BC_API_KEY", said)
        self.assertNotIn("AWS_PROFILE", said)
        self.assertNotIn(os.environ.get("HOME", "/root") + "\n", said)

    def test_whoever_would_answer_is_not_reached(self):
        with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
            said = python(f"""
from urllib.request import urlopen
try:
    urlopen('http://127.0.0.1:{server.server_port}', timeout=5)
except OSError as refused:
    print(refused)
""")
        self.assertIn("refused", said)

    def test_an_exit_code_nobody_expects_is_told_with_its_words(self):
        with self.assertRaisesRegex(ToolError, "ended with 3 and said: no rules"):
            python("import sys; print('no rules', file=sys.stderr); sys.exit(3)")
        self.assertEqual(python("import sys; print('x'); sys.exit(3)", answers=(0, 3)), "x\n")
