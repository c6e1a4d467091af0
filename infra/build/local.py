"""The local cloud: MiniStack on the loopback interface, with its state kept between runs in `.local/`."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .paths import LOCAL, credentials_file, deployed_file, outputs_file, port, region, say

HOST: Final = "127.0.0.1"
#: The REST API's id on the local cloud; on AWS the gateway makes one up.
API_ID: Final = "caravan"
ACCOUNT: Final = "000000000000"
_SERVICES: Final = (
    "apigateway,cloudformation,cognito-idp,dynamodb,dynamodbstreams,events,iam,kms,lambda,logs,monitoring,s3,"
    "secretsmanager,ses,sns,sqs,ssm,states,sts"
)
_START_SECONDS: Final = 30
_STOP_SECONDS: Final = 30
_REST_SECONDS: Final = 20


def endpoint() -> str:
    return f"http://{HOST}:{port()}"


def public_url() -> str:
    """Where the local shop answers."""
    return f"{endpoint()}/_aws/execute-api/{API_ID}/api"


def credentials() -> dict[str, str]:
    """What the SDK needs to talk to the local cloud; nothing in it is secret."""
    return {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": region(),
        "AWS_DEFAULT_REGION": region(),
        "AWS_ENDPOINT_URL": endpoint(),
    }


def use() -> None:
    """Direct this process's SDK at the local cloud, whatever profile the user has."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"):
        os.environ.pop(name, None)
    os.environ.update(credentials())


def _pid_file() -> Path:
    return LOCAL / f"cloud-{port()}.pid"


def _data() -> Path:
    return LOCAL / f"cloud-{port()}"


def log_file() -> Path:
    return LOCAL / f"cloud-{port()}.log"


def _pid() -> int | None:
    """The running cloud's process id, if it is still that process."""
    try:
        pid = int(_pid_file().read_text())
    except (OSError, ValueError):
        return None
    return pid if _is_cloud(pid) else None


def _is_cloud(pid: int) -> bool:
    """Whether this process is still the one we started: ids are used again, and a dead one may linger unreaped."""
    try:
        if Path("/proc/self").exists():
            return b"ministack" in Path(f"/proc/{pid}/cmdline").read_bytes()
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def health() -> dict[str, Any] | None:
    """What the local cloud says of itself, or None when nobody answers."""
    try:
        with urllib.request.urlopen(f"{endpoint()}/_ministack/health", timeout=2) as answer:  # noqa: S310
            status: dict[str, Any] = json.load(answer)
            return status
    except (urllib.error.URLError, OSError, ValueError):
        return None


def with_media_types(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template with the binary media types where the local cloud looks for them.

    AWS reads them from the API's description; the local cloud from a property, in which AWS would want its slashes
    written as `~1`.
    """
    local: dict[str, Any] = json.loads(json.dumps(template))
    properties = local["Resources"]["RestAPI"]["Properties"]
    properties["BinaryMediaTypes"] = properties["DefinitionBody"]["x-amazon-apigateway-binary-media-types"]
    return local


def without_api(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template less its API, to be deployed before one whose routes differ.

    The emulator replaces an API whose definition changes, new one first, and a fixed id cannot be given out twice.
    """
    result: dict[str, Any] = json.loads(json.dumps(template).replace("${RestAPI}", "none"))
    for name in ("RestAPI", "APIHandlerInvokePermission"):
        del result["Resources"][name]
    for name in ("ApiId", "ApiUrl"):
        del result["Outputs"][name]
    return result


def start() -> bool:
    """Start the local cloud unless it runs already; returns whether it had to be started.

    Raises:
        SystemExit: another program holds the port, or the cloud does not come up.
    """
    if _pid() and health():
        say(f"  the local cloud is running on {endpoint()}")
        return False
    with socket.socket() as probe:
        if probe.connect_ex((HOST, port())) == 0:
            raise SystemExit(f"Port {port()} is taken by another program. Choose another: make up PORT=4570")
    LOCAL.mkdir(exist_ok=True)
    data = _data()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        **credentials(),
        "GATEWAY_PORT": str(port()),
        "BIND_HOST": HOST,
        "MINISTACK_REGION": region(),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(data / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data / "s3"),
        "SERVICES": _SERVICES,
        # Functions get no more than their roles allow, so that a missing grant shows here and not first on AWS.
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(data / "tmp"),
        "PYTHONUNBUFFERED": "1",
    }
    _read_streams_anew(data / "state" / "lambda.json")
    shutil.rmtree(data / "tmp", ignore_errors=True)
    (data / "tmp").mkdir(parents=True)
    with log_file().open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("run_ministack.py"))],
            env=environment,
            cwd=LOCAL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _pid_file().write_text(str(process.pid))
    deadline = time.monotonic() + _START_SECONDS
    while not health():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"The local cloud did not start. Its last words are in {log_file()}")
        time.sleep(0.1)
    say(f"  started the local cloud on {endpoint()}")
    return True


def _read_streams_anew(state: Path) -> None:
    """Let functions read the table's stream from its beginning.

    The emulator keeps how far a stream was read, but not the stream: it would wait for as many new records as it ever
    had before it delivers one.
    """
    if state.exists():
        kept = json.loads(state.read_text())
        kept["payload"]["dynamodb_stream_positions"]["data"] = {}
        state.write_text(json.dumps(kept))


def _come_to_rest() -> None:
    """Wait a little for what is under way, as the stream's last records are not kept: until no queue holds anything."""
    import boto3

    use()
    queues = boto3.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    addresses = [address for address in queues.list_queues().get("QueueUrls", ()) if not address.endswith("-dead")]
    deadline, quiet = time.monotonic() + _REST_SECONDS, 0
    while quiet < 2 and time.monotonic() < deadline:
        time.sleep(1)
        waiting = (queues.get_queue_attributes(QueueUrl=address, AttributeNames=names) for address in addresses)
        is_empty = not any(int(count) for answer in waiting for count in answer["Attributes"].values())
        quiet = quiet + 1 if is_empty else 0


def stop() -> None:
    """Stop the local cloud in order, so that it writes its state."""
    pid = _pid()
    if pid is None:
        say("  the local cloud is not running")
        return
    if health():
        _come_to_rest()
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _pid():
        if time.monotonic() > deadline:
            raise SystemExit(f"Process {pid} does not end; its state may be unsaved. See {log_file()}")
        time.sleep(0.1)
    _pid_file().unlink()
    say("  stopped the local cloud; its data are kept")


def reset() -> None:
    """Forget everything that the local cloud on this port holds; those on other ports keep theirs."""
    if _pid():
        stop()
    shutil.rmtree(_data(), ignore_errors=True)
    for kept in (_pid_file(), log_file(), deployed_file(), outputs_file(), credentials_file()):
        kept.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # somebody else's are in there
        LOCAL.rmdir()
    say(f"  removed the local data of port {port()}")
