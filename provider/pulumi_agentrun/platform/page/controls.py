"""What the page can change: switches, faults of the control plane, troubles of simulated models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import switches
from ..faults import Fault
from ..gateway import wire
from ..gateway.calls import Gateway
from ..gateway.refusals import Refused
from ..gateway.simulated import Trouble
from ..platform import Platform

_FAULT: Mapping[str, type] = {
    "operation": str,
    "name": str,
    "times": int,
    "skip": int,
    "status": int,
    "code": str,
    "message": str,
    "retry_after_ms": int,
    "drop": str,
    "outcome": str,
    "reason": str,
    "delay": float,
}
_TROUBLE: Mapping[str, type] = {"status": int, "share": float, "latency": float, "retry_after": float}
_LARGEST = 1_000_000
_WORDS = {str: "a text", int: "a whole number", float: "a number"}


class BadControl(Exception):
    """Say what is wrong with what was sent."""


def change(platform: Platform, gateway: Gateway, what: str, body: bytes) -> None:
    """Do what a form of the page asks for: `switches`, `faults` or `troubles`."""
    try:
        given = wire.parse(body)
        if what == "switches":
            fields = _fields(given, {"name": str, "value": str})
            if len(fields) < 2:
                raise ValueError("a switch needs its name and a value")
            platform.switch(**switches.parse(f"{fields['name']}={fields['value']}"))
        elif what == "faults":
            platform.inject(Fault(**_fields(given, _FAULT)))
        else:
            fields = _fields(given, {"service": str, **_TROUBLE})
            service = fields.pop("service", "")
            if not service:
                raise ValueError("service: the name of a service is needed, or * for any")
            gateway.book.set_trouble(service, Trouble(**fields) if fields else None)
    except (Refused, ValueError) as error:
        raise BadControl(str(error)) from None


def _fields(given: Mapping[str, Any], allowed: Mapping[str, type]) -> dict[str, Any]:
    """Return the fields that were given, of the types that are allowed."""
    for name, value in given.items():
        if name not in allowed:
            raise ValueError(f"there is no {name!r}; there are {', '.join(allowed)}")
        kind = allowed[name]
        fits = (int, float) if kind is float else kind
        if not isinstance(value, fits) or isinstance(value, bool):
            raise ValueError(f"{name} must be {_WORDS[kind]}")
        if isinstance(value, int | float) and abs(value) > _LARGEST:
            raise ValueError(f"{name} must be at most {_LARGEST}")
    return dict(given)
