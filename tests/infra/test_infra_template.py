"""The rules that the stack keeps, whatever rooms and triggers there are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.build import local, template
from infra.build.names import camel
from infra.build.paths import INFRA, MAX_API_RESOURCES, MAX_STACK_RESOURCES

Template = dict[str, Any]
Resource = dict[str, Any]

#: Actions for which AWS knows no resource; "*" is the only one that works.
WITHOUT_RESOURCE = {
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}


def of_type(stack: Template, kind: str) -> Iterator[tuple[str, Resource]]:
    for name, resource in stack["Resources"].items():
        if resource["Type"] == kind:
            yield name, resource["Properties"]


def named(value: Any) -> str:
    """The logical id behind `Ref` or `Fn::GetAtt`."""
    return value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]


def alarms_on(stack: Template, metric: str) -> set[str]:
    return {
        named(alarm["Dimensions"][0]["Value"])
        for _, alarm in of_type(stack, "AWS::CloudWatch::Alarm")
        if alarm["MetricName"] == metric
    }


# Queues


def test_every_queue_has_a_dead_letter_queue_that_keeps_messages_for_two_weeks(expanded: Template) -> None:
    queues = dict(of_type(expanded, "AWS::SQS::Queue"))
    work = {name: queue for name, queue in queues.items() if not name.endswith("Dlq")}
    assert work
    for name, queue in work.items():
        redrive = queue["RedrivePolicy"]
        assert redrive["maxReceiveCount"] >= 5, name
        assert queues[named(redrive["deadLetterTargetArn"])]["MessageRetentionPeriod"] == 14 * 24 * 3600, name
    assert all(queue["SqsManagedSseEnabled"] for queue in queues.values())


def test_every_dead_letter_queue_raises_an_alarm_at_the_first_message(expanded: Template) -> None:
    dead = {name for name, _ in of_type(expanded, "AWS::SQS::Queue") if name.endswith("Dlq")}
    assert alarms_on(expanded, "ApproximateNumberOfMessagesVisible") == dead


def test_every_work_queue_raises_an_alarm_when_its_messages_grow_old(expanded: Template) -> None:
    work = {name for name, _ in of_type(expanded, "AWS::SQS::Queue") if not name.endswith("Dlq")}
    assert alarms_on(expanded, "ApproximateAgeOfOldestMessage") == work


def test_a_queue_hides_a_message_six_times_as_long_as_its_function_may_take(expanded: Template) -> None:
    functions = dict(of_type(expanded, "AWS::Lambda::Function"))
    queues = dict(of_type(expanded, "AWS::SQS::Queue"))
    for name, mapping in of_type(expanded, "AWS::Lambda::EventSourceMapping"):
        source = named(mapping["EventSourceArn"])
        if source in queues:
            timeout = functions[named(mapping["FunctionName"])]["Timeout"]
            assert queues[source]["VisibilityTimeout"] >= 6 * timeout, name


def test_every_event_source_reports_failed_messages_one_by_one(expanded: Template) -> None:
    mappings = list(of_type(expanded, "AWS::Lambda::EventSourceMapping"))
    assert mappings
    for name, mapping in mappings:
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name


def test_the_stream_splits_bad_batches_bounds_its_retries_and_keeps_what_it_gives_up(expanded: Template) -> None:
    streams = [
        mapping
        for _, mapping in of_type(expanded, "AWS::Lambda::EventSourceMapping")
        if named(mapping["EventSourceArn"]) == "Table"
    ]
    assert streams
    for mapping in streams:
        assert mapping["BisectBatchOnFunctionError"] is True
        assert mapping["MaximumRetryAttempts"] > 0
        assert mapping["MaximumRecordAgeInSeconds"] <= 24 * 3600
        assert named(mapping["DestinationConfig"]["OnFailure"]["Destination"]).endswith("Dlq")
        assert "EVENT#" in mapping["FilterCriteria"]["Filters"][0]["Pattern"]


def test_what_a_rule_cannot_deliver_goes_to_a_dead_letter_queue(expanded: Template) -> None:
    rules = list(of_type(expanded, "AWS::Events::Rule"))
    assert rules
    for name, rule in rules:
        for target in rule["Targets"]:
            assert named(target["DeadLetterConfig"]["Arn"]).endswith("Dlq"), name
            assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 24 * 3600, name


def test_only_its_own_rule_may_put_events_on_a_queue_and_nobody_without_encryption(expanded: Template) -> None:
    guarded = set()
    for name, policy in of_type(expanded, "AWS::SQS::QueuePolicy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            if "Fn::If" in statement:
                condition, locally, statement = statement["Fn::If"]  # noqa: PLW2901 (what holds on AWS)
                assert (condition, locally) == ("IsLocal", {"Ref": "AWS::NoValue"})
            if statement["Effect"] == "Deny":
                assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
                guarded |= {named(queue) for queue in policy["Queues"]}
            else:
                assert "Fn::GetAtt" in statement["Condition"]["ArnEquals"]["aws:SourceArn"], name
                assert statement["Principal"] == {"Service": "events.amazonaws.com"}, name
    assert guarded >= {name for name, _ in of_type(expanded, "AWS::SQS::Queue") if not name.endswith("Dlq")}


def test_every_consumer_asks_for_events_that_the_code_sends(described: dict[str, Any]) -> None:
    consumers, events = described["consumers"], set(described["events"])
    assert consumers
    for name, wanted in consumers.items():
        assert wanted, name
        assert set(wanted) <= events, name
        rule = described["template"]["Resources"][f"{camel(name)}Rule"]["Properties"]
        assert rule["EventPattern"]["detail-type"] == sorted(wanted)


# Functions


def test_every_function_has_a_role_a_log_a_trace_and_alarms_of_its_own(expanded: Template) -> None:
    functions = dict(of_type(expanded, "AWS::Lambda::Function"))
    roles = [named(function["Role"]) for function in functions.values()]
    assert len(set(roles)) == len(functions)
    logs = dict(of_type(expanded, "AWS::Logs::LogGroup"))
    for name, function in functions.items():
        assert "RetentionInDays" in logs[named(function["LoggingConfig"]["LogGroup"])], name
        assert function["TracingConfig"]["Mode"] == "Active", name
        assert function["MemorySize"] >= 256, name
    assert alarms_on(expanded, "Errors") == set(functions)
    assert alarms_on(expanded, "Throttles") == set(functions)


def test_the_http_function_gives_up_before_the_gateway_does(expanded: Template) -> None:
    assert expanded["Resources"]["APIHandler"]["Properties"]["Timeout"] < 29


def test_no_role_has_a_wildcard_in_an_action_or_a_needless_one_in_a_resource(expanded: Template) -> None:
    roles = list(of_type(expanded, "AWS::IAM::Role"))
    assert roles
    for name, role in roles:
        for policy in role.get("Policies", ()):
            for statement in policy["PolicyDocument"]["Statement"]:
                assert not [action for action in statement["Action"] if "*" in action], name
                if "*" in statement["Resource"]:
                    assert set(statement["Action"]) <= WITHOUT_RESOURCE, (name, statement)


def test_no_function_scans_the_table(expanded: Template) -> None:
    assert "dynamodb:Scan" not in json.dumps(expanded)


def test_no_secret_stands_in_the_template(expanded: Template) -> None:
    for name, function in of_type(expanded, "AWS::Lambda::Function"):
        for variable in function["Environment"]["Variables"]:
            assert not re.search(r"KEY|TOKEN|PASSWORD|SECRET(?!S_PREFIX)", variable), (name, variable)
    for name, secret in of_type(expanded, "AWS::SecretsManager::Secret"):
        assert "SecretString" not in secret, name
    assert not re.search(r"sk_(live|test)_|whsec_|AKIA[0-9A-Z]{16}", json.dumps(expanded))


def test_every_secret_can_be_read_by_the_functions_that_need_it(expanded: Template) -> None:
    granted = {
        statement_name
        for _, role in of_type(expanded, "AWS::IAM::Role")
        for statement_name in re.findall(r'"Fn::GetAtt": \["(\w+Secret)", "Id"\]', json.dumps(role))
    }
    assert {name for name, _ in of_type(expanded, "AWS::SecretsManager::Secret")} == granted


# Data


def test_the_table_survives_mistakes(expanded: Template) -> None:
    table = expanded["Resources"]["Table"]
    properties = table["Properties"]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["IsProduction", True, False]}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["OnDemandThroughput"]["MaxWriteRequestUnits"]
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_lists_carry_the_card_but_never_the_body(expanded: Template) -> None:
    projections = {
        index["IndexName"]: index["Projection"]
        for index in expanded["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"]
    }
    card = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["type", "card"]}
    assert projections == {"gsi1": card, "gsi2": card, "gsi3": {"ProjectionType": "KEYS_ONLY"}}


def test_throttles_of_the_table_raise_alarms(expanded: Template) -> None:
    assert alarms_on(expanded, "ReadThrottleEvents") == alarms_on(expanded, "WriteThrottleEvents") == {"Table"}


# Edge and identity


def test_only_the_listed_routes_are_open(described: dict[str, Any]) -> None:
    """A route that anybody may call is added to the list on purpose, or not at all."""
    found = {
        f"{method} {path}" for method, path, access in described["routes"] if access in {"public", "signed message"}
    }
    listed = set((Path(__file__).parent / "open_routes.txt").read_text().split("\n")) - {""}
    assert found - listed == set(), "open, but not listed"
    assert listed - found == set(), "listed, but not open"


def test_the_api_fits_into_one_gateway(sam: Template) -> None:
    assert 0 < template.gateway_resources(sam) <= MAX_API_RESOURCES


def test_documents_leave_the_gateway_as_bytes(sam: Template) -> None:
    described = sam["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    assert "application/pdf" in described["x-amazon-apigateway-binary-media-types"]
    there = local.with_media_types(sam)["Resources"]["RestAPI"]["Properties"]
    assert "application/pdf" in there["BinaryMediaTypes"]
    assert "BinaryMediaTypes" not in sam["Resources"]["RestAPI"]["Properties"]


def test_the_stack_fits_into_cloudformation(expanded: Template) -> None:
    assert len(expanded["Resources"]) <= MAX_STACK_RESOURCES
    assert len(json.dumps(expanded).encode()) < 1_000_000


def test_the_api_is_throttled_and_traced_and_its_log_holds_no_data(expanded: Template) -> None:
    (_, stage), *_ = of_type(expanded, "AWS::ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert settings["ResourcePath"] == "/*"
    assert settings["ThrottlingRateLimit"]
    assert settings["ThrottlingBurstLimit"]
    assert settings["DataTraceEnabled"] is False
    assert stage["TracingEnabled"] is True
    log_format = json.dumps(stage["AccessLogSetting"])
    assert not re.search(r"querystring|requestBody|authorizer|header", log_format, re.IGNORECASE)


def test_nobody_signs_himself_up_as_staff_and_passwords_do_not_travel_in_production(expanded: Template) -> None:
    resources = expanded["Resources"]
    assert resources["StaffPool"]["Properties"]["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    for client in ("ShopperClient", "StaffClient"):
        properties = resources[client]["Properties"]
        condition, production, _ = properties["ExplicitAuthFlows"]["Fn::If"]
        assert condition == "IsProduction"
        assert "ALLOW_USER_PASSWORD_AUTH" not in production
        assert properties["PreventUserExistenceErrors"] == "ENABLED"
        assert not [name for name in properties["WriteAttributes"] if name.startswith("custom:")]


def test_people_and_data_stay_when_the_stack_goes(expanded: Template) -> None:
    for name in ("Table", "ShopperPool", "StaffPool"):
        assert expanded["Resources"][name]["DeletionPolicy"] == "Retain"


# Workflows


@pytest.mark.parametrize("path", sorted((INFRA / "workflows").glob("*.asl.json")), ids=lambda path: path.stem)
def test_a_workflow_is_sound_and_every_wait_ends(path: Path) -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("statelint"), path], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert not result.stdout.strip(), result.stdout
    for name, state in _states(json.loads(path.read_text())):
        if state["Type"] != "Task":
            continue
        assert {"TimeoutSeconds", "TimeoutSecondsPath"} & set(state), f"{name} waits for ever"
        assert state.get("Retry"), f"{name} gives up at the first failure"
        assert all("JitterStrategy" in retry for retry in state["Retry"]), f"{name} retries in step with others"


def _states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        for inner in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
            yield from _states(inner)


# The template as a whole


def test_cfn_lint_finds_nothing(sam: Template, tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(sam))
    command = [Path(sys.executable).with_name("cfn-lint"), "--regions", "eu-central-1", "--format", "parseable", path]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
