"""The settings of the stack that a pack judges, as the engine tells them.

The policy SDK drops what the engine tells, and reads the environment instead (`PULUMI_CONFIG`, and a variable for each
key). That may be what another program was given, which has started this Pulumi.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextvars import ContextVar
from functools import wraps
from typing import Any

import pulumi_policy.policy
from pulumi.runtime.config import CONFIG

GIVEN: ContextVar[Mapping[str, str] | None] = ContextVar("given", default=None)
"""What stands for them in a test, by whole keys."""
_heard: Mapping[str, str] | None = None


def listen() -> None:
    """Have the policy SDK's servicer keep the settings of the stack, for packs in folders too."""
    servicer: Any = pulumi_policy.policy._PolicyAnalyzerServicer
    plain = servicer.ConfigureStack
    if hasattr(plain, "__wrapped__"):
        return

    @wraps(plain)
    def configure_stack(self: Any, request: Any, context: Any) -> Any:
        global _heard
        _heard = dict(request.config) if request.stack else None  # a language host asks where it was told nothing, too
        return plain(self, request, context)

    servicer.ConfigureStack = configure_stack


def setting(key: str) -> str | None:
    """Return a setting of the stack by its whole key. Raises Unjudged where Pulumi tells none, as `policy analyze`."""
    given = GIVEN.get()
    told = _heard if given is None else given
    if told is None:
        told = CONFIG.get()
        if not told and "PULUMI_PROJECT" not in os.environ:  # which a language host sets where it knows of a stack
            from .view import Unjudged  # with the models, which a pack's first answers need not wait for

            raise Unjudged(("region",), "cannot be told: Pulumi does not say the settings of the stack here")
    return told.get(key)
