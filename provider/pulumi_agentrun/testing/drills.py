"""Drills in tests: the calls of a proxy while things fail, and a failure that says what did not hold."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from inspect import isawaitable
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pulumi
from pulumi.runtime import test as run_on_mocks

from ..drill.finding import of_state
from ..drill.playing import drill as played
from ..drill.report import Report
from ..drill.scenario import scenario as read
from ..drill.scenario import scenario_file, with_more
from ..routes.subjects import Subject
from .mocks import AgentRunMocks

Program: TypeAlias = Callable[[], Any]


class Drilled(Protocol):
    """What has proxies to drill: a stack, a platform, a gateway."""

    def subject(self, proxy: str | None = None) -> Subject:
        """Return a proxy, the only one unless it is named. Raises ConfigError."""


class DrillFailed(AssertionError):
    """A drill did not come as expected, or an event of it happened to nothing; the text has the whole report."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"the drill did not come as expected\n{report.text()}")
        self.report = report


def drill(
    what: Drilled | Program,
    *events: str,
    expect: str | Sequence[str] = (),
    scenario: Path | None = None,
    proxy: str | None = None,
    config: Mapping[str, str] | None = None,
    **settings: Any,
) -> Report:
    """Play the calls of a proxy while things behind it fail, and return what came of it.

    Raises DrillFailed where something is not as expected or an event happens to nothing, and ConfigError where a line
    cannot be read or names what the proxy has not.

    :param what: What is deployed, or a program: it is run on mocks, without an engine.
    :param events: What goes wrong, a line each: `stable down 10m..20m`.
    :param expect: What has to hold, a line each: `success >= 99.9%`.
    :param scenario: A file of settings, as of `pulumi-agentrun drill --scenario`; what is given here comes on top.
    :param proxy: Which proxy, if there are several.
    :param config: Stack configuration, for a program: `apiKey` is of its project, others are `namespace:key`.
    :param settings: Other settings by name: `calls`, `duration`, `rate`, `tokens`, `latency`, `models`, `seed`.
    """
    __tracebackhide__ = True
    lines = [expect] if isinstance(expect, str) else list(expect)
    given = {**settings, "events": list(events), "expect": lines}
    wanted = read(with_more(scenario_file(scenario) if scenario else {}, given))
    subject = _Previewed(what, config or {}).subject(proxy) if callable(what) else what.subject(proxy)
    report = played(subject, wanted)
    if not report.is_good:
        raise DrillFailed(report)
    return report


@dataclass(frozen=True)
class _Previewed:
    """What a program would deploy."""

    program: Program
    config: Mapping[str, str]

    def subject(self, proxy: str | None = None) -> Subject:
        """Return a proxy of the program."""
        mocks, failures = AgentRunMocks(), []

        def run() -> None:
            try:
                self._run(mocks)
            except BaseException as error:
                failures.append(error)

        # In a thread and a context of their own: a test may have an event loop, or mocks, of its own.
        thread = threading.Thread(target=copy_context().run, args=(run,), name="agentrun-drill")
        thread.start()
        thread.join()
        mocks.client.close()
        if failures:
            raise failures[0]
        return of_state(mocks.deployment(), proxy)

    def _run(self, mocks: AgentRunMocks) -> None:
        with _loop():
            pulumi.runtime.set_mocks(mocks, project="drill", stack="test", preview=False)
            own = {key if ":" in key else f"drill:{key}": value for key, value in self.config.items()}
            pulumi.runtime.set_all_config(own)
            run_on_mocks(self._awaited)()  # type: ignore[no-untyped-call]

    def _awaited(self) -> Awaitable[Any] | None:
        """Run the program; what else it returns is its own affair."""
        found = self.program()
        return found if isawaitable(found) else None


@contextmanager
def _loop() -> Iterator[None]:
    """Give this thread an event loop, and each that works for it one, as Pulumi's mocks would; and close them all."""
    loops: list[asyncio.AbstractEventLoop] = []

    def begin() -> None:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    begin()
    with ThreadPoolExecutor(initializer=begin) as workers:
        loops[0].set_default_executor(workers)
        try:
            yield
        finally:
            workers.shutdown()
            for loop in loops:
                loop.close()
            asyncio.set_event_loop(None)
