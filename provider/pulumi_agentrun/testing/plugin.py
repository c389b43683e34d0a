"""The fixtures of this package for pytest, which finds them by itself; nothing is imported before one is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .local_gateway import LocalGateway
    from .local_platform import LocalPlatform
    from .stacks import Hosting, Program, Stack, StackMaker

_ENGINE = "agentrun_engine"
_CHOICES = ("skip", "require")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what can be set in the settings of pytest."""
    explained = "what a test that needs the Pulumi CLI does without it: `skip` (the default), or `require` it and fail"
    parser.addini(_ENGINE, explained, default="skip")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a setting that means nothing."""
    chosen = config.getini(_ENGINE)
    if chosen not in _CHOICES:
        raise pytest.UsageError(f"{_ENGINE} cannot be {chosen!r}; allowed: {', '.join(_CHOICES)}")


@pytest.fixture
def agentrun_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """Return an embedded platform of the test's own, in process: `file://PATH`."""
    from .local_platform import LocalPlatform

    with LocalPlatform(tmp_path_factory.mktemp("agentrun")) as platform:
        yield platform


@pytest.fixture
def agentrun_gateway(agentrun_platform: LocalPlatform) -> Iterator[LocalGateway]:
    """Return the test's platform as it is served on a free port, with models that answer what the test says."""
    from ..platform.opening import CannotServe
    from .local_gateway import LocalGateway

    try:
        gateway = LocalGateway(agentrun_platform)
    except CannotServe as error:
        gateway, missing = None, str(error)
    if gateway is None:
        pytest.fail(missing, pytrace=False)
    with gateway:
        yield gateway


@pytest.fixture
def agentrun_stack(agentrun_platform: LocalPlatform, pytestconfig: pytest.Config) -> Iterator[StackMaker]:
    """Return what makes a stack of a program, with the real engine, on the test's platform."""
    from .stacks import NoEngine, Stack

    with ExitStack() as made:

        def make(program: Program, *, on: Hosting | None = None, **options: Any) -> Stack:
            __tracebackhide__ = True
            try:
                stack = Stack(program, on or agentrun_platform, **options)
            except NoEngine as error:
                missing = str(error)
            else:
                return made.enter_context(stack)
            if pytestconfig.getini(_ENGINE) == "require":
                pytest.fail(missing, pytrace=False)
            pytest.skip(missing)

        yield make
