"""A platform for tests, in process: what is deployed to it, its switches, and the faults that it is to have."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..client import Config, ModelClient
from ..client.local import open_platform
from ..drill.finding import of_account
from ..platform.faults import Fault
from ..routes.subjects import Subject


class LocalPlatform:
    """The embedded platform with its data in a folder, reached as `file://PATH`; a context manager."""

    def __init__(self, folder: Path) -> None:
        """Open the platform, made if it is missing. Raises ConfigError."""
        self.folder = folder
        with ExitStack() as opened:
            self._platform = open_platform(folder, make=True)
            opened.callback(self._platform.close)
            self.client = opened.enter_context(ModelClient(self.config))
            """A client of the platform: to see what is deployed, and to make what was there before."""
            self._opened = opened.pop_all()

    @property
    def endpoint(self) -> str:
        """What `agentrun:endpoint` is, for a stack on this platform."""
        return f"file://{self.folder}"

    @property
    def config(self) -> Config:
        """How a client reaches it."""
        return Config(endpoint=self.endpoint)

    def switch(self, **values: Any) -> None:
        """Change how the platform behaves: `latency=2.0`, `api_key="masked"`; ValueError names what is allowed."""
        self._platform.switch(**values)

    def inject(self, fault: Fault) -> None:
        """Let a fault happen to the calls that it matches, whoever makes them; ValueError where there are none such."""
        self._platform.inject(fault)

    def clear_faults(self) -> None:
        """Forget the faults that have not happened."""
        self._platform.clear_faults()

    def subject(self, proxy: str | None = None) -> Subject:
        """Return a proxy that is deployed, the only one unless it is named, for drills. Raises ConfigError."""
        return of_account(self.client, proxy)

    def close(self) -> None:
        """Close its files; what is in the folder stays."""
        self._opened.close()

    def __enter__(self) -> LocalPlatform:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"LocalPlatform({str(self.folder)!r})"
