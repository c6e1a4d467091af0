"""Secrets: read once in a while, never guessed, shut when missing."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from chalicelib.core import aws, secrets


@pytest.fixture
def calls(database: None, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What was asked of Secrets Manager, by operation."""
    counted: Counter[str] = Counter()
    client = aws.client("secretsmanager")
    ask = client._make_api_call

    def counting(operation: str, parameters: dict[str, Any]) -> Any:
        counted[operation] += 1
        return ask(operation, parameters)

    monkeypatch.setattr(client, "_make_api_call", counting)
    return counted


def put(name: str, text: str) -> None:
    aws.client("secretsmanager").create_secret(Name=f"caravan/test/{name}", SecretString=text)


def test_a_secret_is_read_once_in_five_minutes(calls: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    put("stripe", json.dumps({"api_key": "one"}))
    now = [1000.0]
    monkeypatch.setattr("chalicelib.core.secrets.time.monotonic", lambda: now[0])
    assert [secrets.secret("stripe") for _ in range(3)] == [{"api_key": "one"}] * 3
    assert calls["GetSecretValue"] == 1
    now[0] += secrets.FRESH
    secrets.secret("stripe")
    assert calls["GetSecretValue"] == 2


@pytest.mark.parametrize("text", ["", "{}", "[1]", "not JSON", '{"api_key": ""}', '{"api_key": 7}'])
def test_what_is_not_configured_stays_shut_and_is_not_asked_for_each_time(
    calls: Counter[str], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    now = [1000.0]
    monkeypatch.setattr("chalicelib.core.secrets.time.monotonic", lambda: now[0])
    if text:
        put("stripe", text)
    for _ in range(3):
        with pytest.raises(secrets.MissingSecret):
            secrets.secret("stripe")
    assert calls["GetSecretValue"] == 1
    now[0] += secrets.ABSENT
    if text:
        aws.client("secretsmanager").delete_secret(SecretId="caravan/test/stripe", ForceDeleteWithoutRecovery=True)
    put("stripe", json.dumps({"api_key": "one"}))
    assert secrets.secret("stripe") == {"api_key": "one"}


def test_during_a_rotation_both_values_count(calls: Counter[str]) -> None:
    put("stripe", json.dumps({"api_key": "new", "api_key_previous": "old"}))
    assert secrets.candidates("stripe", "api_key") == ("new", "old")
    with pytest.raises(secrets.MissingSecret):
        secrets.candidates("stripe", "webhook_secret")
