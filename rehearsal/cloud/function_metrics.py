"""The figures of functions: each attempt is told, as an invocation or as one that was not let run.

The emulator tells an asynchronous invocation once, as a success, when somebody
asks for it: its failures are in no figure. What is not let run it tells twice,
and as an invocation and an error as well. Here each attempt is told when it has
ended, at the instant at which it began, and before its end is in any log.

Source: Lambda Developer Guide, "Types of metrics for Lambda functions". AWS has
the same figures also by version and alias, which are not played.
"""

from __future__ import annotations

import time

from ministack.services import lambda_svc

from cloud import metrics


def install() -> None:
    end, begin = lambda_svc._emit_lambda_logs, lambda_svc._acquire_execution_slot

    def ending(func: dict, request_id: str, text: str, error: bool, duration_ms: int, **more) -> None:
        _tell(func, time.time() - duration_ms / 1000, Invocations=1, Errors=int(error), Throttles=0)
        _tell(func, time.time() - duration_ms / 1000, "Milliseconds", Duration=duration_ms)
        end(func, request_id, text, error, duration_ms, **more)

    def beginning(func: dict, config: dict) -> tuple:
        slot, limit = begin(func, config)
        if slot is None:
            _tell(func, time.time(), Throttles=1)
        return slot, limit

    lambda_svc._emit_lambda_metrics = lambda *told, **more: None
    lambda_svc._emit_lambda_logs = ending
    lambda_svc._acquire_execution_slot = beginning


def _tell(func: dict, instant: float, unit: str = "Count", **figures: int) -> None:
    function = {"FunctionName": (func.get("config") or func)["FunctionName"]}
    for name, value in figures.items():
        metrics.store("AWS/Lambda", name, function, instant, unit, value, None, None, None)
