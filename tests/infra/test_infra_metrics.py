"""What our own code counts: each metric raises an alarm that names what is emitted, or says why it raises none."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from typing import Any

import pytest

from chalicelib.core import observe
from infra.build import alarms
from infra.build.paths import ROOT

Template = dict[str, Any]


@cache
def counted() -> dict[str, list[str]]:
    """The metrics that the code counts, with the places; a name that is not written out is an error."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "chalicelib").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "observe.count":
                name = node.args[0]
                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                assert isinstance(name, ast.Constant), f"{place}: write the metric's name out"
                found.setdefault(str(name.value), []).append(place)
    return found


def emitted(capsys: pytest.CaptureFixture[str], metric: str, **dimensions: str) -> dict[str, Any]:
    observe.count(metric, **dimensions)
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def own_alarms(expanded: Template) -> dict[str, Any]:
    return {
        resource["Properties"]["MetricName"]: resource["Properties"]
        for resource in expanded["Resources"].values()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and resource["Properties"]["Namespace"] == observe.NAMESPACE
    }


def test_every_metric_that_is_counted_has_an_alarm_or_a_reason_to_have_none() -> None:
    known = {*alarms.ALARMED, *alarms.UNALARMED}
    unknown = {name: places for name, places in counted().items() if name not in known}
    assert unknown == {}, "say in infra/build/alarms.py whether somebody must hear of these"
    assert known - set(counted()) == set(), "nobody counts these (any more)"
    assert set(alarms.ALARMED) & set(alarms.UNALARMED) == set()
    assert all(alarms.UNALARMED.values())


def test_every_alarm_of_a_metric_of_ours_reaches_operators(expanded: Template) -> None:
    found = own_alarms(expanded)
    assert set(found) == set(alarms.ALARMED)
    for name, alarm in found.items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], name
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert alarm["Statistic"] == "Sum", name


@pytest.mark.parametrize("dimensions", [{}, {"provider": "stripe"}, {"kind": "order", "deadline": "pay_by"}])
def test_an_alarm_names_exactly_what_is_emitted(
    expanded: Template, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, dimensions: dict[str, str]
) -> None:
    """CloudWatch knows no "any": an alarm sees a metric only under the very set of dimensions that it was sent with."""
    monkeypatch.setenv("STAGE", "staging")
    document = emitted(capsys, "FailedRequests", **dimensions)
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    sets = [frozenset(names) for names in directive["Dimensions"]]
    for alarm in own_alarms(expanded).values():
        assert frozenset(one["Name"] for one in alarm["Dimensions"]) in sets
        assert [one["Value"] for one in alarm["Dimensions"]] == [{"Ref": "Stage"}]
        assert alarm["Namespace"] == directive["Namespace"]
    assert document["stage"] == "staging"
    assert all(document[name] == value for name, value in dimensions.items())
    assert sets[1:] == ([frozenset({"stage", *dimensions})] if dimensions else [])
    for function in (r for r in expanded["Resources"].values() if r["Type"] == "AWS::Lambda::Function"):
        assert function["Properties"]["Environment"]["Variables"]["STAGE"] == {"Ref": "Stage"}


def test_operators_read_what_each_alarm_of_ours_means_and_of_no_other() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    told = set(re.findall(r"^\| `(\w+)Alarm` \|", text, re.MULTILINE))
    ours = {name for name in told if name in {*alarms.ALARMED, *alarms.UNALARMED, *counted()}}
    assert ours == set(alarms.ALARMED)
