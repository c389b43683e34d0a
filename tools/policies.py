"""What is told of the policies, made from the rules: the reference for people, and what a pack tells the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pulumi_agentrun.policy import PRESETS, RULES, Rule

MARK = "<!-- Below: written by tools/generate.py from the rules: change those, then run `make format`. -->\n"


def page(text: str) -> str:
    """Return the page with everything below its mark written anew."""
    return text.partition(MARK)[0] + MARK + "\n" + "\n".join([_levels(), *(_section(rule) for rule in RULES)])


def told() -> str:
    """Return what a pack tells of each rule, as JSON."""
    found = [
        {
            "name": rule.name,
            "description": rule.description,
            "remedy": str(rule.remedy),
            "isForStacks": rule.is_for_stacks,
            "schema": _without_defaults(rule.schema),
        }
        for rule in RULES
    ]
    return json.dumps(found, indent=2) + "\n"


def _without_defaults(schema: Any) -> Any:
    """Return a schema whose defaults do not come back as configuration, where they would cover a preset's settings."""
    if isinstance(schema, Mapping):
        return {key: _without_defaults(value) for key, value in schema.items() if key != "default"}
    return [_without_defaults(item) for item in schema] if isinstance(schema, list) else schema


def _levels() -> str:
    lines = [f"| Policy | {' | '.join(PRESETS)} | Looks at |", "|---|" + "---|" * (len(PRESETS) + 1)]
    for rule in RULES:
        looks = "the stack" if rule.is_for_stacks else " and ".join(kind.title.split()[-1] for kind in rule.kinds)
        levels = " | ".join(preset[rule.name].level for preset in PRESETS.values())
        lines.append(f"| [`{rule.name}`](#{rule.name}) | {levels} | {looks} |")
    return "\n".join(lines) + "\n"


def _section(rule: Rule) -> str:
    lines = [f"## {rule.name}\n", f"{rule.description} {rule.remedy}\n"]
    if rule.schema:
        lines += ["| Setting | Type | Default | |", "|---|---|---|---|"]
        lines += [_row(name, spec) for name, spec in rule.schema.items()]
        lines.append("")
    for name, preset in PRESETS.items():
        if preset[rule.name].settings:
            lines.append(f"In `{name}`: `{json.dumps(preset[rule.name].settings)}`.\n")
    return "\n".join(lines)


def _row(name: str, spec: dict[str, Any]) -> str:
    default = spec.get("default")
    if isinstance(default, dict):
        default = {key: value for key, value in default.items() if value not in (None, False)}
    shown = "" if default in (None, [], {}) else f"`{json.dumps(default)}`"
    return f"| `{name}` | {_type(spec)} | {shown} | {spec.get('description', '')} |"


def _type(spec: dict[str, Any]) -> str:
    if "anyOf" in spec:
        return " or ".join(_type(part) for part in spec["anyOf"] if part.get("type") != "null")
    if spec.get("type") == "array":
        return f"list of {_type(spec['items'])}"
    if "properties" in spec:
        return "object: " + ", ".join(f"`{key}` ({_type(inner)})" for key, inner in spec["properties"].items())
    if "additionalProperties" in spec:
        return f"map to {_type(spec['additionalProperties'])}"
    if "enum" in spec:
        return " or ".join(f"`{word}`" for word in spec["enum"])
    return str(spec.get("format", spec.get("type", "any")))
