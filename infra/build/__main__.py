"""The command line behind the Makefile."""

from __future__ import annotations

import argparse
import contextlib
import getpass
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import boto3

from . import chalice_app, deploy, local, package, republish, template, users
from .paths import (
    MAX_API_RESOURCES,
    ROOT,
    TEMPLATE,
    ZIP,
    credentials_file,
    deployed_file,
    outputs_file,
    port,
    region,
    say,
)

LOCAL_STAGE = "local"


def build(*, native: bool) -> tuple[dict[str, Any], str]:
    """Package code and template; returns the template and the zip's digest."""
    started = time.monotonic()
    say("Packaging")
    chalice, sources = chalice_app.stage()
    digest = package.build(sources, native=native)
    merged = template.build(chalice, template.registry(), template.posts())
    TEMPLATE.write_text(json.dumps(merged, indent=1, sort_keys=True) + "\n")
    say(
        f"  {ZIP.stat().st_size / 1e6:.1f} MB zip, {len(merged['Resources'])} resources, "
        f"{template.gateway_resources(merged)} of {MAX_API_RESOURCES} API resources, {time.monotonic() - started:.1f} s"
    )
    return merged, digest


def up() -> None:
    """Everything from a checkout to a running shop; quick when there is nothing new."""
    started = time.monotonic()
    packaged, digest = build(native=True)
    merged = local.with_media_types(packaged)
    say("Local cloud")
    local.start()
    local.use()
    wanted = {"zip": digest, "template": _digest(merged), "api": _digest(merged["Resources"]["RestAPI"])}
    mark = deployed_file()
    exists = deploy.exists(LOCAL_STAGE)
    present = json.loads(mark.read_text()) if exists and mark.exists() else {}
    if present == wanted:
        say("  the deployed package is this one")
        outputs = deploy.outputs(LOCAL_STAGE)
    else:
        say("Deploying")
        mark.unlink(missing_ok=True)
        parameters = {"PublicUrl": local.public_url(), "LogRetentionDays": "1"}
        tags = {"ms-custom-id": local.API_ID}
        if exists and present.get("api") != wanted["api"]:
            deploy.deploy(LOCAL_STAGE, local.without_api(merged), ZIP, parameters, tags)
        outputs = deploy.deploy(LOCAL_STAGE, merged, ZIP, parameters, tags)
        mark.write_text(json.dumps(wanted))
    outputs_file().write_text(json.dumps(outputs, indent=2, sort_keys=True) + "\n")
    say("Users")
    boto3.client("ses", region_name=region()).verify_domain_identity(Domain="caravan.example")
    users.create(outputs, template.posts())
    say(f"  their passwords are in {credentials_file()}")
    _seed(outputs)
    say(f"\nCaravan answers at {outputs['ApiUrl']} ({time.monotonic() - started:.0f} s)")
    say("Next: make demo · make logs · make down")


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _seed(outputs: dict[str, str]) -> None:
    """Import the example catalogue, if the tree has one; importing twice changes nothing."""
    if importlib.util.find_spec("infra.seed") is None:
        return
    say("Catalogue")
    environment = {**os.environ, **local_environment(outputs)}
    subprocess.run([sys.executable, "-m", "infra.seed"], check=True, cwd=ROOT, env=environment)


def take_in(arguments: list[str]) -> int:
    """Take a file of products into the running local shop; see `python -m infra.seed --help`."""
    _need_shop()
    environment = {**os.environ, **local_environment(json.loads(outputs_file().read_text()))}
    return subprocess.run([sys.executable, "-m", "infra.seed", *arguments], check=False, env=environment).returncode


def _need_shop() -> None:
    if not outputs_file().exists() or local.health() is None:
        raise SystemExit(f"No shop is running on port {port()}. Start it with `make up`.")


def _need_account(stage: str) -> None:
    """Credentials for AWS, asked for before anything is built; the local cloud has its own."""
    if stage != LOCAL_STAGE and boto3.Session().get_credentials() is None:
        raise SystemExit(
            "There are no AWS credentials. Name a profile (AWS_PROFILE=…; `aws configure sso` makes one), "
            "or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )


def local_environment(outputs: dict[str, str]) -> dict[str, str]:
    """The functions' environment, for a program that runs beside them on this machine."""
    return {
        **local.credentials(),
        "TABLE_NAME": outputs["TableName"],
        "BUS_NAME": outputs["BusName"],
        "STAGE": LOCAL_STAGE,
        "PUBLIC_URL": outputs["ApiUrl"],
        "SHOPPER_POOL_ID": outputs["ShopperPoolId"],
        "SHOPPER_CLIENT_ID": outputs["ShopperClientId"],
        "STAFF_POOL_ID": outputs["StaffPoolId"],
        "STAFF_CLIENT_ID": outputs["StaffClientId"],
        "SECRETS_PREFIX": f"caravan/{LOCAL_STAGE}/",
    }


def logs() -> None:
    """Follow what the functions write, until interrupted."""
    _need_shop()
    local.use()
    client = boto3.client("logs", region_name=region())
    since = int((time.time() - 300) * 1000)
    seen: set[tuple[int, str, str]] = set()
    while True:
        lines = []
        for group in client.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/caravan-{LOCAL_STAGE}-")["logGroups"]:
            function = group["logGroupName"].rsplit(f"caravan-{LOCAL_STAGE}-", 1)[1]
            found = client.filter_log_events(logGroupName=group["logGroupName"], startTime=since)["events"]
            lines += [(event["timestamp"], function, event["message"].rstrip()) for event in found]
        for line in sorted(set(lines) - seen):
            moment, function, message = line
            if not message.startswith(("START ", "END ", "REPORT ", '{"_aws"')):
                say(f"{time.strftime('%H:%M:%S', time.gmtime(moment / 1000))} {function:20} {message}")
        seen.update(lines)
        since = max((moment for moment, *_ in lines), default=since + 5000) - 5000
        time.sleep(1)


def deploy_to_aws(stage: str) -> None:
    """Deploy to the account and region of the caller's credentials."""
    _need_account(stage)
    merged, _ = build(native=False)
    given = {name: os.environ[name] for name in merged["Parameters"] if name != "Stage" and os.environ.get(name)}
    say(f"Deploying stage {stage} to {region()}")
    outputs = deploy.deploy(stage, merged, ZIP, given)
    say(f"\nCaravan answers at {outputs['ApiUrl']}")


def put_secret(stage: str, name: str) -> None:
    """Store a provider's keys: JSON from standard input, or asked for without echo."""
    _need_account(stage)
    text = getpass.getpass(f"Value of caravan/{stage}/{name} as JSON: ") if sys.stdin.isatty() else sys.stdin.read()
    try:
        if not isinstance(json.loads(text), dict):
            raise ValueError("not an object")
    except ValueError:
        raise SystemExit('The value must be a JSON object, such as {"api_key": "…", "webhook_secret": "…"}.') from None
    if stage == LOCAL_STAGE:
        local.use()
    secrets = boto3.client("secretsmanager", region_name=region())
    secrets.put_secret_value(SecretId=f"caravan/{stage}/{name}", SecretString=text)
    say("Stored. Functions read it within five minutes.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.build", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("up", "down", "reset", "logs", "package"):
        commands.add_parser(name)
    commands.add_parser("import", add_help=False, help="take a file of products into the local shop")
    for name in ("deploy", "secret"):
        command = commands.add_parser(name)
        command.add_argument("--stage", required=True)
        if name == "secret":
            command.add_argument("--name", required=True)
    _describe_republish(commands.add_parser("republish", help="send events onto the bus again"))
    arguments, rest = parser.parse_known_args()
    if arguments.command == "import":
        sys.exit(take_in(rest))
    if rest:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    obey(arguments)


def _describe_republish(command: argparse.ArgumentParser) -> None:
    command.add_argument("--stage", required=True)
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--event", action="append", metavar="PK/SK", help="an event by its id; may be given several times"
    )
    which.add_argument("--since", type=_moment, metavar="TIME", help="everything from then on (2026-11-22T05:00:00Z)")
    command.add_argument("--until", type=_moment, metavar="TIME", help="and before then; now when left out")
    command.add_argument("--dry-run", action="store_true", help="only tell what would be sent")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def send_again(arguments: argparse.Namespace) -> int:
    """Put events onto a stage's bus again."""
    _need_account(arguments.stage)
    if arguments.stage == LOCAL_STAGE:
        local.use()
    outputs = deploy.outputs(arguments.stage)
    os.environ["BUS_NAME"] = outputs["BusName"]
    found = (
        republish.named(outputs["TableName"], arguments.event)
        if arguments.event
        else republish.between(outputs["TableName"], arguments.since, arguments.until or datetime.now(UTC))
    )
    return republish.republish(found, dry_run=arguments.dry_run)


def obey(arguments: argparse.Namespace) -> None:
    """Do what the command line says."""
    match arguments.command:
        case "up":
            up()
        case "down":
            local.stop()
        case "reset":
            local.reset()
        case "logs":
            with contextlib.suppress(KeyboardInterrupt):
                logs()
        case "package":
            build(native=False)
        case "deploy":
            if arguments.stage == LOCAL_STAGE:
                raise SystemExit("The stage `local` belongs to the local cloud: use make up.")
            deploy_to_aws(arguments.stage)
        case "republish":
            sys.exit(send_again(arguments))
        case "secret":
            put_secret(arguments.stage, arguments.name)


if __name__ == "__main__":
    main()
