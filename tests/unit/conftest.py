"""Fixtures of the unit tests."""

from __future__ import annotations

import asyncio
import inspect

import pytest

# For all tests on Pulumi's mocks, and never closed: its threads keep loops of their own that the mocks leave open.
_LOOP = asyncio.new_event_loop()


@pytest.fixture(autouse=True)
def current_loop(request: pytest.FixtureRequest) -> None:
    """Give Pulumi's mocks the current event loop that they expect, which asynchronous tests take away."""
    if not inspect.iscoroutinefunction(getattr(request, "function", None)):
        asyncio.set_event_loop(_LOOP)
