"""What operators see: one structured line per invocation, structured errors, metrics in EMF, one trace id throughout.

Nothing personal is ever logged: routes by their template, people by their kind, things by their id.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from . import config

NAMESPACE: Final = "Caravan"

logger: Final = Logger(
    service=os.environ.get("POWERTOOLS_SERVICE_NAME", "caravan"),
    level=os.environ.get("LOG_LEVEL", "INFO"),
    stream=sys.stderr,
    location=None,
    utc=True,
)


def trace_id() -> str:
    """The id of the present invocation's trace, as Lambda gives it."""
    header = os.environ.get("_X_AMZN_TRACE_ID", "")
    return header.split(";", 1)[0].removeprefix("Root=")


def line(kind: str, /, **facts: Any) -> None:
    """One structured line."""
    logger.info(kind, extra=facts)


def failure(kind: str, error: BaseException, /, **facts: Any) -> None:
    """An error that somebody should look at: its class and stack, never its message, which may carry data."""
    frames, trace = [], error.__traceback__
    if isinstance(error, ClientError):
        facts["aws_error"] = error.response["Error"]["Code"]
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    logger.error(kind, extra={**facts, "error": type(error).__name__, "at": frames[-6:]})


def count(metric: str, value: float = 1, unit: str = "Count", /, **dimensions: str) -> None:
    """One metric, as an embedded metric format line; `metric` in CamelCase, few dimensions.

    Everything is counted by stage alone, which is what an alarm can name (`infra/build/alarms.py`); what has dimensions
    is counted by stage and dimensions as well. Stages of one account so never share a metric.
    """
    by_stage = ["stage"]
    document = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [by_stage, [*by_stage, *sorted(dimensions)]] if dimensions else [by_stage],
                    "Metrics": [{"Name": metric, "Unit": unit}],
                }
            ],
        },
        "stage": config.stage_in_metrics(),
        **dimensions,
        metric: value,
    }
    sys.stdout.write(json.dumps(document, separators=(",", ":")) + "\n")


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Wall and CPU milliseconds of a block, filled in at its end."""
    spent: dict[str, float] = {}
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield spent
    finally:
        spent["ms"] = round((time.perf_counter() - wall) * 1000, 1)
        spent["cpu_ms"] = round((time.process_time() - cpu) * 1000, 1)
