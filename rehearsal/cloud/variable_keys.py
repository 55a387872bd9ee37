"""Variables of functions under a customer key: a function runs only if its role may read them.

CloudFormation of the emulator forgets the key, and a function runs whatever key
it has. On AWS Lambda decrypts the variables in the name of the function's role
whenever it makes a new environment; here it does at each invocation.

Sources: Lambda Developer Guide, "Securing Lambda environment variables"; Lambda
API Reference, `Invoke`, `KMSAccessDeniedException`.
"""

from __future__ import annotations

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc

from cloud import keys
from cloud.keys import KeyRefused, Use

ERRORS = {"denied": "KMSAccessDeniedException", "disabled": "KMSDisabledException",
          "pending": "KMSInvalidStateException", "missing": "KMSNotFoundException"}

_invoke, _execute = lambda_svc._invoke, lambda_svc._execute_function_provided_warm


def install() -> None:
    lambda_svc._invoke, lambda_svc._execute_function_provided_warm = invoke, execute


async def invoke(name: str, event: dict, headers: dict, *more):
    """Who waits for the answer is told that there was no invocation."""
    refusal = _refusal(lambda_svc._functions.get(name, {}).get("config", {}))
    if refusal and headers.get("x-amz-invocation-type", "RequestResponse") == "RequestResponse":
        return error_response_json(*refusal, 502)
    return await _invoke(name, event, headers, *more)


def execute(function: dict, event: dict, request_id: str) -> dict:
    """What nobody waits for fails as an invocation, and is tried again."""
    refusal = _refusal(function.get("config") or function)
    if refusal:
        body = {"errorType": refusal[0], "errorMessage": refusal[1]}
        return {"error": True, "body": body, "log": ""}
    return _execute(function, event, request_id)


def _refusal(config: dict) -> tuple[str, str] | None:
    """Code and message, where the role of the function may not use the key of its variables."""
    key = config.get("KMSKeyArn")
    if not key or not config.get("Environment", {}).get("Variables"):
        return None
    use = Use("lambda", ("kms:Decrypt",), {"aws:lambda:FunctionArn": config["FunctionArn"]})
    try:
        keys.check_role(key, use, config["Role"])
    except KeyRefused as refusal:
        return ERRORS[refusal.kind], (
            "Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the "
            f"function's KMS key settings. KMS Exception: {refusal}")
    return None
