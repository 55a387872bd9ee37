"""Starts the local cloud: ``python -m cloud``, started by the rehearsal and ended with it.

Reads `EFS_CLOUD_DIR`, `EFS_CLOUD_TOKEN`, `EFS_CLOUD_ACCOUNT` and
`EFS_CLOUD_REGION`. Prints one line of JSON with the endpoint and nothing else
to stdout. Ends when stdin does.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading

from cloud import seams, settings


def main() -> None:
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: os._exit(0))
    stdout = _take_stdout()
    try:
        here = settings.read()
    except settings.SettingsMissing as error:
        _give_up(2, error)
    settings.make_folders(here)
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings.enter(here, listener.getsockname()[1])
    try:
        seams.check()
    except seams.SeamBroken as error:
        _give_up(3, error)
    gateway = _repair(here)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    ready = {"endpoint": endpoint, "account": here.account, "region": here.region}
    os.write(stdout, json.dumps(ready).encode() + b"\n")
    asyncio.run(_serve(gateway, listener))


def _take_stdout() -> int:
    """Keeps stdout for the one line; whatever else is printed goes to stderr."""
    stdout = os.dup(1)
    os.dup2(2, 1)
    return stdout


def _give_up(code: int, reason: Exception) -> None:
    print(f"local cloud: {reason}", file=sys.stderr, flush=True)
    sys.exit(code)


def _repair(here: settings.Settings):
    """Installs every repair and returns the ASGI application to serve."""
    # Imported here because importing them imports the emulator, which reads
    # the environment while it is imported.
    from cloud import (
        alarms, authorization, buckets, cfn, datasync, emf, events, faults, fleet, function_logs,
        function_metrics, functions, iam, internal, log_filter, mail, math_alarms, message_keys,
        metrics, mount, object_keys, object_lock, principals, publish, rules, variable_keys,
        volume_keys)

    iam.install()
    principals.install()
    datasync.install(here)
    authorization.install()
    object_lock.install()
    cfn.install()
    fleet.install()
    buckets.install()
    object_keys.install()
    message_keys.install()
    variable_keys.install()
    volume_keys.install()
    functions.install()
    events.install()
    rules.install()
    mount.install()
    mail.install(here)
    publish.install()
    log_filter.install()
    function_logs.install()
    function_metrics.install()
    emf.install()
    metrics.install()
    alarms.install()
    math_alarms.install()
    faults.install()
    return internal.gateway(here)


def _end_with_stdin() -> None:
    """Asks for the end as soon as the parent has closed stdin, or is gone."""
    while sys.stdin.buffer.read(4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


async def _serve(gateway, listener: socket.socket) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from cloud import functions

    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.loglevel = "WARNING"
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5
    _raise_file_limit()
    await serve(gateway, config)
    functions.stop()
    # Without waiting for the emulator's threads: one may be asleep for seconds
    # before the next attempt of an invocation that nobody wants any more.
    os._exit(0)


def _raise_file_limit() -> None:
    """As the emulator's own start does: bursts of connections must not meet the soft limit."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError):
            pass


if __name__ == "__main__":
    main()
