"""What the parent tells the local cloud, and the environment the emulator is imported in."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("home", "tmp", "state", "s3", "outbox")


class SettingsMissing(Exception):
    """A variable that the parent has to set is absent."""


@dataclass(frozen=True)
class Settings:
    folder: Path
    token: str
    account: str
    region: str

    @property
    def outbox(self) -> Path:
        return self.folder / "outbox"


def read() -> Settings:
    """Reads the parent's variables."""

    def required(name: str) -> str:
        value = os.environ.get(name, "")
        if not value:
            raise SettingsMissing(f"the environment variable `{name}` is not set")
        return value

    return Settings(
        folder=Path(required("EFS_CLOUD_DIR")).resolve(),
        token=required("EFS_CLOUD_TOKEN"),
        account=os.environ.get("EFS_CLOUD_ACCOUNT") or "111122223333",
        region=os.environ.get("EFS_CLOUD_REGION") or "eu-central-1",
    )


def make_folders(settings: Settings) -> None:
    for name in FOLDERS:
        (settings.folder / name).mkdir(parents=True, exist_ok=True)


def enter(settings: Settings, port: int) -> None:
    """Replaces the environment by the one the emulator is to see.

    It reads most of these when it is imported. Nothing of the parent's is kept
    but `PATH`, the secret token least of all: the emulator hands its own
    environment to child processes.
    """
    path = os.environ.get("PATH", os.defpath)
    folder = settings.folder
    os.environ.clear()
    os.environ.update(
        {
            "PATH": path,
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "STATE_DIR": str(folder / "state"),
            "S3_DATA_DIR": str(folder / "s3"),
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "MINISTACK_ACCOUNT_ID": settings.account,
            "MINISTACK_REGION": settings.region,
            "AWS_DEFAULT_REGION": settings.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "LAMBDA_EXECUTOR": "local",
            # AWS waits one and two minutes between the attempts of an async
            # invocation. The shape stays, the waiting does not.
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
            # Listeners on all interfaces that the emulator opens unless told not to.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # No container is ever started, nor a running one of the user's looked at.
            "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        }
    )
    time.tzset()
