"""Runs programs of tests on the mocks that are set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
from pulumi.runtime import test as pulumi_test


def deploy(program: Callable[[], pulumi.Output[Any] | None]) -> Any:
    """Run a program to its end and return the value that it is about."""
    seen: list[Any] = []

    @pulumi_test  # type: ignore[untyped-decorator]
    def run() -> Any:
        value = program()
        return value.apply(seen.append) if value is not None else None

    run()
    return seen[0] if seen else None
