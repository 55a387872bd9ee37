"""How a tool is run: without a network, without a user's settings, without anybody's credentials."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ..findings import ToolError

# Whoever asks the network or another account is answered at once, by nobody.
_NOBODY = "http://127.0.0.1:9"
_OFFLINE = dict.fromkeys(["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"], _NOBODY)


def run(command, *, answers=(0,)) -> str:
    """What a command prints; any exit code but `answers` is an error that quotes it."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            **_OFFLINE,
            "HOME": home,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
            "LANG": "C.UTF-8",
            "SAM_CLI_TELEMETRY": "0",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        ended = subprocess.run(
            list(map(str, command)), cwd=home, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
    if ended.returncode not in answers:
        words = (ended.stderr.strip() or ended.stdout.strip())[-2000:]
        raise ToolError(f"{Path(command[0]).name} ended with {ended.returncode} and said: {words}")
    return ended.stdout
