"""The stack: Chalice's functions and API, the fragments of `infra/cloudformation`, and what the registry implies."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from . import alarms, cloudformation, policies
from .names import API, camel, logical_id, physical, variable
from .paths import INFRA
from .triggers import Resource, Trigger, event_source

FRAGMENTS: Final = ("parameters", "data", "messaging", "identity", "secrets", "edge")
API_MEMORY: Final = 1024
#: Below API Gateway's 29 seconds, so that the function, not the gateway, says what went wrong.
API_TIMEOUT: Final = 28


def registry() -> dict[str, Trigger]:
    """Every trigger that the composed application registers."""
    importlib.import_module("app")
    found: dict[str, Trigger] = importlib.import_module("chalicelib.core.triggers").REGISTRY
    return found


def posts() -> tuple[str, ...]:
    """The posts of staff; each is a group of the staff pool."""
    return tuple(post.value for post in importlib.import_module("chalicelib.core.auth").Post)


def build(chalice: cloudformation.Template, triggers: Mapping[str, Trigger], staff_posts: Iterable[str]) -> Resource:
    """Merge everything into one SAM template. The code stays at `./deployment.zip`, for the deployment to replace."""
    template: Resource = json.loads(json.dumps(chalice))
    template["Description"] = "Caravan: the back end of a cross-border shop."
    template["Outputs"] = {}
    for fragment in FRAGMENTS:
        cloudformation.merge(template, cloudformation.read(INFRA / "cloudformation" / f"{fragment}.yaml"))
    resources = template["Resources"]
    for post in staff_posts:
        resources[f"Post{camel(post)}"] = {
            "Type": "AWS::Cognito::UserPoolGroup",
            "Properties": {"GroupName": post, "UserPoolId": {"Ref": "StaffPool"}},
        }
    workflows = sorted(path.name.removesuffix(".asl.json") for path in (INFRA / "workflows").glob("*.asl.json"))
    queues = sorted(trigger.name for trigger in triggers.values() if trigger.kind == "queue")
    environment = _environment(queues, workflows)
    for trigger in triggers.values():
        properties, beside, grants = event_source(trigger)
        resources.update(beside)
        resources.update(_function(resources, trigger.name, environment, (*trigger.grants, *grants)))
        function = resources[camel(trigger.name)]["Properties"]
        function.pop("Events", None)
        function.update(Timeout=trigger.timeout, MemorySize=trigger.memory, **properties)
    api_grants = (
        "table",
        "secrets",
        "erp-secrets",
        "erp-keys",
        *(f"send:{queue}" for queue in queues),
        *(f"workflow:{w}" for w in workflows),
    )
    resources.update(_function(resources, API, environment, api_grants))
    resources["APIHandler"]["Properties"].update(Timeout=API_TIMEOUT, MemorySize=API_MEMORY)
    for workflow in workflows:
        resources.update(_workflow(workflow, resources))
    resources.update(alarms.of_our_own())
    _uncouple_api(template)
    return template


def gateway_resources(template: Mapping[str, Resource]) -> int:
    """How many of API Gateway's resources the API takes: one for each step of each path."""
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    return len(
        {tuple(steps[:end]) for steps in (p.strip("/").split("/") for p in paths) for end in range(1, len(steps) + 1)}
    )


def _environment(queues: Iterable[str], workflows: Iterable[str]) -> Resource:
    own_url = {"Fn::Sub": "https://${RestAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}/api"}
    return {
        "TABLE_NAME": {"Ref": "Table"},
        "BUS_NAME": {"Ref": "Bus"},
        "STAGE": {"Ref": "Stage"},
        "PUBLIC_URL": {"Fn::If": ["HasPublicUrl", {"Ref": "PublicUrl"}, own_url]},
        "SHOPPER_POOL_ID": {"Ref": "ShopperPool"},
        "SHOPPER_CLIENT_ID": {"Ref": "ShopperClient"},
        "STAFF_POOL_ID": {"Ref": "StaffPool"},
        "STAFF_CLIENT_ID": {"Ref": "StaffClient"},
        "SECRETS_PREFIX": {"Fn::Sub": "caravan/${Stage}/"},
        "MAIL_FROM": {"Ref": "MailFrom"},
        "LOG_LEVEL": {"Ref": "LogLevel"},
        "POWERTOOLS_SERVICE_NAME": "caravan",
        **{f"QUEUE_URL_{variable(queue)}": {"Ref": f"{camel(queue)}Queue"} for queue in queues},
        **{f"{variable(workflow)}_WORKFLOW_ARN": _workflow_arn(workflow) for workflow in workflows},
    }


def _function(resources: Resource, name: str, environment: Resource, grants: Iterable[str]) -> dict[str, Resource]:
    """Give one of Chalice's functions its name, environment, role, log and alarms; returns the resources beside it."""
    logical = logical_id(name)
    if logical not in resources:
        raise LookupError(f"the code registers {name!r}, but Chalice made no function of that name")
    properties = resources[logical]["Properties"]
    properties.update(
        FunctionName=physical(name),
        Role={"Fn::GetAtt": [f"{camel(name)}Role", "Arn"]},
        Tracing="Active",
        Environment={"Variables": environment},
        LoggingConfig={"LogGroup": {"Ref": f"{camel(name)}Log"}},
        Tags={"app": "caravan", "stage": {"Ref": "Stage"}},
    )
    log = {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {
            "LogGroupName": {"Fn::Sub": f"/aws/lambda/caravan-${{Stage}}-{name}"},
            "RetentionInDays": {"Ref": "LogRetentionDays"},
        },
    }
    beside = {f"{camel(name)}Log": log, f"{camel(name)}Role": policies.role(name, grants)}
    return {**beside, **alarms.of_function(name, logical)}


def _workflow_arn(name: str) -> Resource:
    # Written out, because a reference would make a circle: task function → its environment → state machine → function.
    arn = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:caravan-${Stage}-"
    return {"Fn::Sub": arn + name}


def _workflow(name: str, resources: Resource) -> dict[str, Resource]:
    """A state machine from `infra/workflows/<name>.asl.json`; `${XxxArn}` in it stands for the function `Xxx`."""
    text = (INFRA / "workflows" / f"{name}.asl.json").read_text()
    functions = sorted({match.removesuffix("Arn") for match in re.findall(r"\$\{(\w+Arn)\}", text)})
    unknown = [function for function in functions if function not in resources]
    if unknown:
        raise LookupError(f"workflow {name} calls {', '.join(unknown)}, which no task registers")
    arns = [{"Fn::GetAtt": [function, "Arn"]} for function in functions]
    logical, log, role = f"{camel(name)}Workflow", f"{camel(name)}WorkflowLog", f"{camel(name)}WorkflowRole"
    delivery = ["CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries"]
    delivery += ["PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups"]
    tracing = ["PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets"]
    statements = [
        {"Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": arns},
        # Neither log delivery nor tracing knows resources; AWS documents "*" for both.
        {"Effect": "Allow", "Action": [f"logs:{action}" for action in delivery], "Resource": ["*"]},
        {"Effect": "Allow", "Action": [f"xray:{action}" for action in tracing], "Resource": ["*"]},
    ]
    assume = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    machine = {
        "Type": "AWS::Serverless::StateMachine",
        "Properties": {
            "Name": physical(name),
            "Type": "STANDARD",
            "Definition": json.loads(text),
            "DefinitionSubstitutions": {f"{f}Arn": arn for f, arn in zip(functions, arns, strict=True)},
            "Role": {"Fn::GetAtt": [role, "Arn"]},
            "Tracing": {"Enabled": True},
            "Logging": {
                "Level": "ERROR",
                "IncludeExecutionData": False,
                "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": [log, "Arn"]}}}],
            },
        },
    }
    return {
        logical: machine,
        log: {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {
                "LogGroupName": {"Fn::Sub": f"/aws/vendedlogs/states/caravan-${{Stage}}-{name}"},
                "RetentionInDays": {"Ref": "LogRetentionDays"},
            },
        },
        role: {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assume]},
                "Policies": [
                    {"PolicyName": "steps", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}
                ],
            },
        },
        **alarms.of_workflow(name, logical),
    }


def _uncouple_api(template: Resource) -> None:
    """Let the API name its function by a written-out ARN, so that the function may know the API's address."""
    arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:caravan-${Stage}-" + API
    properties = template["Resources"]["RestAPI"]["Properties"]
    body = json.dumps(properties["DefinitionBody"]).replace("${APIHandler.Arn}", arn)
    properties["DefinitionBody"] = json.loads(body)
