"""Compares the schema with the last recorded one: what would break a program that is written for that fails.

`make record-schema` records the present one, for the release that is to have it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SCHEMA = Path(__file__).resolve().parents[1] / "provider" / "pulumi_agentrun" / "plugin" / "schema.json"
RECORDED = Path(__file__).parent / "recorded-schema.json"
KEPT = ("type", "$ref", "items", "additionalProperties", "oneOf", "secret")
"""What a property is to programs; that a change replaces and what its default is are of this version's behaviour."""


def shape(schema: Json) -> Json:
    """Return what programs can lean on, without the texts."""
    resources = {
        token: {
            "inputs": _object(resource["inputProperties"], resource["requiredInputs"]),
            "outputs": _object(resource["properties"], resource["required"]),
        }
        for token, resource in schema["resources"].items()
    }
    functions = {
        token: {side: _object(each[side]["properties"], each[side]["required"]) for side in ("inputs", "outputs")}
        for token, each in schema["functions"].items()
    }
    types = {token: _type(spec) for token, spec in schema["types"].items()}
    settings = {
        "config": {"inputs": _object(schema["config"]["variables"], [])},
        "provider": {"inputs": _object(schema["provider"]["inputProperties"], [])},
    }
    return {"settings": settings, "resources": resources, "functions": functions, "types": types}


def _object(properties: Json, required: list[str]) -> Json:
    kept = {name: {key: spec[key] for key in KEPT if key in spec} for name, spec in properties.items()}
    return {"properties": kept, "required": sorted(required)}


def _type(spec: Json) -> Json:
    if "enum" in spec:
        return {"words": sorted(word["value"] for word in spec["enum"])}
    return {"both": _object(spec["properties"], spec["required"])}


def breaking(old: Json, new: Json) -> Iterator[str]:
    """Yield a sentence on each change of a shape that can break a program."""
    for group in ("settings", "resources", "functions", "types"):
        for token, was in old[group].items():
            now = new[group].get(token)
            if now is None:
                yield f"{token} is gone."
            else:
                yield from _broken(token, was, now)


def _broken(token: str, was: Json, now: Json) -> Iterator[str]:
    if was.keys() != now.keys():
        yield f"{token} was {' and '.join(was)} and is {' and '.join(now)}."
        return
    for side in was:
        if side == "words":
            yield from (f"{token} has no {word!r} any more." for word in was[side] if word not in now[side])
            continue
        place = token if side == "both" else f"{token}, {side}"
        yield from _changed(place, was[side]["properties"], now[side]["properties"])
        before, after = set(was[side]["required"]), set(now[side]["required"])
        if side != "outputs":
            yield from (f"{place}: {name} is required now." for name in sorted(after - before))
        if side != "inputs":
            yield from (f"{place}: {name} may be missing now." for name in sorted(before - after))


def _changed(place: str, was: Json, now: Json) -> Iterator[str]:
    for name, spec in was.items():
        if name not in now:
            yield f"{place}: {name} is gone."
        elif spec != now[name]:
            yield f"{place}: {name} was {json.dumps(spec)} and is {json.dumps(now[name])}."


def main() -> int:
    """Compare, or with `--record` write what later schemas are compared with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="record the present schema")
    record = parser.parse_args().record
    present = shape(json.loads(SCHEMA.read_text("utf-8")))
    if record:
        RECORDED.write_text(json.dumps(present, indent=1, sort_keys=True) + "\n", "utf-8")
        return 0
    found = [*breaking(json.loads(RECORDED.read_text("utf-8")), present)]
    if found:
        print("The schema would break programs that exist:")
        print("\n".join(f"  - {sentence}" for sentence in found))
        print("Mend that; or, if it has to be, say so under `Changed` in the changelog and run `make record-schema`.")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
