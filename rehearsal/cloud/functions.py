"""Lambda: what a function sees, and that none outlives the server.

A function of the emulator inherits the server's whole environment, lacks some
variables that AWS sets, and its failure reaches the failure queue without the
permission that AWS asks of its role.
"""

from __future__ import annotations

import logging
import os
import threading

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from cloud import function_logs, iam, message_keys, targets
from cloud.errors import Refused

# What the emulator sets as AWS does. Everything else it adds is its own.
KEPT = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_REGION", "AWS_DEFAULT_REGION",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "_HANDLER",
)

_log = logging.getLogger("cloud")
_ending = threading.Event()


def install() -> None:
    _clean_environment()
    _authorize_destinations()


def stop() -> None:
    """Ends every function's process and lets no new one start."""
    _ending.set()
    lambda_runtime.reset()


def _clean_environment() -> None:
    emulators = lambda_svc._provided_worker_env

    def environment(config: dict, code_dir: str, port: int) -> dict:
        if _ending.is_set():
            raise RuntimeError("the local cloud is ending")
        given = emulators(config, code_dir, port)
        log = config.get("LoggingConfig") or {}
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            **lambda_svc._runtime_env_vars(config),
            **{name: given[name] for name in KEPT if given.get(name)},
            "AWS_LAMBDA_LOG_GROUP_NAME": log.get("LogGroup") or f"/aws/lambda/{config['FunctionName']}",
            **function_logs.variables(log),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            # Not AWS's: it is how a function finds this server.
            "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        }

    lambda_svc._provided_worker_env = environment


def _authorize_destinations() -> None:
    """A failed event reaches its destination only if the function's role may send there."""
    route = lambda_svc._route_async_failure

    def route_if_allowed(target_arn: str, function_name: str, event, result: dict) -> None:
        function = lambda_svc._functions.get(function_name) or {}
        role = function.get("config", {}).get("Role", "")
        action = targets.ACTIONS.get(targets.service_of(target_arn))
        try:
            if action:
                iam.check_role_allows(role, action, target_arn)
                message_keys.check_role(target_arn, role)
        except Refused as refusal:
            _log.error("a failed event of %s is lost: %s", function_name, refusal)
            return
        route(target_arn, function_name, event, result)

    lambda_svc._route_async_failure = route_if_allowed
