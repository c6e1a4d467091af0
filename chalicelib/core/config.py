"""The environment: the only module that reads its variables, but for those that `observe` needs to log at all.

The function code never knows where it runs; names and addresses come from here. Values are read when they are first
asked for, so that a worker without, say, a user pool starts all the same, and one that needs it says which is missing.
"""

from __future__ import annotations

import os


class MissingConfiguration(RuntimeError):
    """A needed environment variable is not set: a defect of the deployment, named precisely."""


def _need(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise MissingConfiguration(f"environment variable {name} is not set")
    return value


def table_name() -> str:
    return _need("TABLE_NAME")


def bus_name() -> str:
    return _need("BUS_NAME")


def stage() -> str:
    return _need("STAGE")


def stage_in_metrics() -> str:
    """The stage as metrics name it: what is counted says so even where nobody has named it."""
    return os.environ.get("STAGE") or "unnamed"


def is_production() -> bool:
    """Whether this is a stage where real money moves; an unnamed stage counts as one."""
    return os.environ.get("STAGE", "production") in {"production", "prod", "live"}


def is_local() -> bool:
    """Whether this is a shop on somebody's own machine, where what is on loopback may be its counterpart."""
    return os.environ.get("STAGE") == "local"


def public_url() -> str:
    """Base address of the API, without a slash at the end. Links are built from this, never from a `Host` header."""
    return _need("PUBLIC_URL").rstrip("/")


def queue_url(queue: str) -> str:
    """Address of one of our own queues: `payment-messages` is `QUEUE_URL_PAYMENT_MESSAGES`."""
    return _need("QUEUE_URL_" + queue.upper().replace("-", "_"))


def workflow_arn(workflow: str) -> str:
    return _need(workflow.upper().replace("-", "_") + "_WORKFLOW_ARN")


def secret_name(name: str) -> str:
    return _need("SECRETS_PREFIX") + name


def mail_from() -> str:
    return _need("MAIL_FROM")


def pool(name: str) -> tuple[str, str]:
    """User pool id and app client id of `shopper` or `staff`."""
    return _need(f"{name.upper()}_POOL_ID"), _need(f"{name.upper()}_CLIENT_ID")


def region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "eu-central-1"


def endpoint_url() -> str | None:
    """Where AWS answers, when it is not AWS itself."""
    return os.environ.get("AWS_ENDPOINT_URL") or None


def version() -> str:
    """Name of the deployed package, for logs and the API description."""
    return os.environ.get("CARAVAN_VERSION", "dev")
