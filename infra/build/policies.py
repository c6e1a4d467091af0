"""One role per function, made of the grants its trigger names: each grant is a file in `infra/policies`.

`send:payment-messages` is `send.json` with `<name>` and `<Name>` replaced by the queue's name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from .names import camel
from .paths import INFRA

#: What every function has: its own log and tracing.
BASIC = ("logs", "trace")


@cache
def _text(name: str) -> str:
    path = INFRA / "policies" / f"{name}.json"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.json")))
        raise LookupError(f"there is no grant {name!r}; known: {known}")
    return path.read_text()


def statements(grant: str, own_name: str) -> list[dict[str, Any]]:
    """The statements of a grant; one without an argument is about the function's own resources."""
    name, _, argument = grant.partition(":")
    subject = argument or own_name
    text = _text(name).replace("<name>", subject).replace("<Name>", camel(subject))
    result: list[dict[str, Any]] = json.loads(text)
    return result


def role(own_name: str, grants: Iterable[str]) -> dict[str, Any]:
    """The execution role of one function."""
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            },
            "Policies": [
                {
                    "PolicyName": grant.replace(":", "-"),
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": statements(grant, own_name)},
                }
                for grant in dict.fromkeys((*BASIC, *grants))
            ],
        },
    }
