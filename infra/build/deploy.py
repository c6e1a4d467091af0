"""Bring a package to AWS, or to whatever `AWS_ENDPOINT_URL` names: the same steps for both.

The zip and the template go to a bucket under their own digests; CloudFormation does the rest with a change set, so that
nothing is touched when nothing changed.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

from .paths import MAX_STACK_RESOURCES, region, say

_CAPABILITIES: Final = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_NOTHING_TO_DO: Final = ("didn't contain changes", "No updates are to be performed", "submitted information didn't")


def stack_name(stage: str) -> str:
    return f"caravan-{stage}"


def deploy(
    stage: str,
    template: Mapping[str, Any],
    archive: Path,
    parameters: Mapping[str, str],
    tags: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Create or update the stack and wait for it.

    A parameter that is not given keeps its value, or takes the template's default the first time.

    Returns:
        The stack's outputs.

    Raises:
        SystemExit: CloudFormation refused or rolled back; the reasons are printed.
    """
    if len(template["Resources"]) > MAX_STACK_RESOURCES:
        raise SystemExit(f"The template has more than {MAX_STACK_RESOURCES} resources.")
    bucket = _bucket()
    code = _upload(bucket, archive.read_bytes(), "zip")
    text = json.dumps(_with_code(template, f"s3://{bucket}/{code}"), sort_keys=True)
    template_key = _upload(bucket, text.encode(), "json")
    cloudformation = boto3.client("cloudformation", region_name=region())
    name = stack_name(stage)
    exists = _exists(cloudformation, name)
    values = {"Stage": stage, **parameters}
    kept = (_known_parameters(cloudformation, name) if exists else set()) & set(template["Parameters"]) - set(values)
    change_set = f"deploy-{int(time.time() * 1000)}"
    cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=change_set,
        ChangeSetType="UPDATE" if exists else "CREATE",
        TemplateURL=f"{_s3().meta.endpoint_url}/{bucket}/{template_key}",
        Parameters=[
            *({"ParameterKey": key, "ParameterValue": value} for key, value in values.items()),
            *({"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)),
        ],
        Tags=[{"Key": k, "Value": v} for k, v in (tags or {}).items()],
        Capabilities=_CAPABILITIES,
    )
    if _ready(cloudformation, name, change_set):
        cloudformation.execute_change_set(StackName=name, ChangeSetName=change_set)
        _wait(cloudformation, name)
    else:
        say("  nothing changed in the stack")
    return outputs(stage)


def outputs(stage: str) -> dict[str, str]:
    """The outputs of the deployed stack."""
    cloudformation = boto3.client("cloudformation", region_name=region())
    stack = cloudformation.describe_stacks(StackName=stack_name(stage))["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def exists(stage: str) -> bool:
    return _exists(boto3.client("cloudformation", region_name=region()), stack_name(stage))


def _s3() -> Any:
    return boto3.client("s3", region_name=region())


def _bucket() -> str:
    """The account's bucket for packages; made at the first deployment, private and encrypted."""
    account = boto3.client("sts", region_name=region()).get_caller_identity()["Account"]
    name = f"caravan-packages-{account}-{region()}"
    s3 = _s3()
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        say(f"  making the bucket {name}")
        where = {} if region() == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region()}}
        s3.create_bucket(Bucket=name, **where)
        s3.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
    return name


def _upload(bucket: str, data: bytes, suffix: str) -> str:
    """Put an object under its own digest, unless it is there."""
    s3 = _s3()
    key = f"caravan/{hashlib.sha256(data).hexdigest()}.{suffix}"
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        say(f"  uploading {len(data) / 1e6:.1f} MB ({suffix})")
        s3.put_object(Bucket=bucket, Key=key, Body=data)
    return key


def _with_code(template: Mapping[str, Any], address: str) -> Mapping[str, Any]:
    text = json.dumps(template).replace('"./deployment.zip"', json.dumps(address))
    result: Mapping[str, Any] = json.loads(text)
    return result


def _exists(cloudformation: Any, name: str) -> bool:
    try:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return False
        raise
    if stack["StackStatus"] in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}:
        say("  removing what a first deployment that failed left behind")
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name)
        return False
    return str(stack["StackStatus"]) != "REVIEW_IN_PROGRESS"


def _known_parameters(cloudformation: Any, name: str) -> set[str]:
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    return {parameter["ParameterKey"] for parameter in stack.get("Parameters", ())}


def _ready(cloudformation: Any, name: str, change_set: str) -> bool:
    """Wait until the change set can be executed; false when it holds no change."""
    while True:
        answer = cloudformation.describe_change_set(StackName=name, ChangeSetName=change_set)
        if answer["Status"] == "CREATE_COMPLETE":
            say(f"  {len(answer['Changes'])} changes")
            return True
        if answer["Status"] == "FAILED":
            reason = answer.get("StatusReason", "")
            cloudformation.delete_change_set(StackName=name, ChangeSetName=change_set)
            if any(text in reason for text in _NOTHING_TO_DO):
                return False
            raise SystemExit(f"CloudFormation refuses the template: {reason}")
        time.sleep(0.5)


def _wait(cloudformation: Any, name: str) -> None:
    """Follow the operation to its end, telling every ten seconds how far it is."""
    started, told = time.monotonic(), 0.0
    while True:
        status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            break
        passed = time.monotonic() - started
        if passed - told >= 10:
            told = passed
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            say(f"  {status.lower()}, {passed:.0f} s; latest: {events[0]['LogicalResourceId']}")
        time.sleep(0.5)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        for event in reversed(cloudformation.describe_stack_events(StackName=name)["StackEvents"]):
            if event["ResourceStatus"].endswith("FAILED"):
                say(f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}")
        raise SystemExit(f"The deployment ended as {status}.")
