"""Fixtures of the unit tests."""

from __future__ import annotations

import asyncio
import inspect
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

# For all tests on Pulumi's mocks, and never closed: its threads keep loops of their own that the mocks leave open.
_LOOP = asyncio.new_event_loop()


def _handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report what goes wrong on the loop, but failures that the mocks have told already and leave to the collector.

    It may run while a source is parsed, and to log a traceback parses another within: Python 3.11 takes that for a
    mismatch of its recursion depth.
    """
    if "exception was never retrieved" not in context["message"]:
        loop.default_exception_handler(context)


_LOOP.set_exception_handler(_handle)


@pytest.fixture(autouse=True)
def current_loop(request: pytest.FixtureRequest) -> None:
    """Give Pulumi's mocks the current event loop that they expect, which asynchronous tests take away."""
    if not inspect.iscoroutinefunction(getattr(request, "function", None)):
        if sys.version_info < (3, 11):
            # Python 3.10: pytest-asyncio leaves a loop behind that nobody closes, and asyncio.run none at all.
            with suppress(RuntimeError):
                left = asyncio.get_event_loop()
                if left is not _LOOP:
                    left.close()
        asyncio.set_event_loop(_LOOP)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what a terminal may know beside its settings: accounts, a home, a project."""
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
