"""Reading CloudFormation's YAML, and putting fragments together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML with CloudFormation's short forms (`!Ref`, `!Sub`, `!GetAtt` …)."""


def _short_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if tag in {"Ref", "Condition"}:
        return {tag: value}
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)


def read(path: Path) -> Template:
    """One fragment, with short forms written out."""
    template: Template = yaml.load(path.read_text(), _Loader)  # noqa: S506 (a SafeLoader with tags of its own)
    return template


def merge(base: Template, addition: Template) -> None:
    """Put `addition` into `base`: mappings are joined, everything else is replaced.

    An intrinsic function is a value, not a mapping: it replaces what was there, and is replaced as a whole.
    """
    for key, value in addition.items():
        present = base.get(key)
        if isinstance(present, dict) and isinstance(value, dict) and not (_intrinsic(present) or _intrinsic(value)):
            merge(present, value)
        else:
            base[key] = value


def _intrinsic(value: dict[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref", "Condition"))
