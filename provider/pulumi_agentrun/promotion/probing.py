"""Probes a gateway: real calls to its endpoint, and how many of them are answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from ..client.addresses import is_loopback
from ..client.errors import ConfigError
from ..client.kinds import PROXY
from ..drill.finding import either, kind_of
from ..routes.subjects import Subject

PATIENCE = 120.0
"""Seconds that one answer may take."""


@dataclass(frozen=True)
class Probe:
    """What is to be asked, and what has to come of it."""

    calls: int
    success: float
    """The part of the calls that must be answered, from 0 to 1."""
    model: str | None
    """What to ask for; then only an answer by that model counts, for retries and fallbacks hide one that fails."""
    key: SecretStr | None
    """What callers present."""


@dataclass
class Probed:
    """What came of it."""

    wanted: Probe
    answered: int = 0
    by: Counter[str] = field(default_factory=Counter)
    """Who answered, by the models that answers name."""
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def is_good(self) -> bool:
        """Whether enough was answered."""
        return self.answered >= self.wanted.success * self.wanted.calls

    @property
    def said(self) -> str:
        """What came of it, for people."""
        what = [f"{number} by {name}" for name, number in self.by.most_common()]
        what += [f"{number} failed with {why}" for why, number in self.failures.most_common()]
        return f"{self.answered} of {self.wanted.calls} calls answered as wanted ({', '.join(what)})"

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "calls": self.wanted.calls,
            "answered": self.answered,
            "by": dict(self.by),
            "failures": dict(self.failures),
            "isGood": self.is_good,
        }


def endpoint_of(exported: Mapping[str, Any], subject: Subject) -> str:
    """Return where a stack's proxy answers, by what `pulumi stack export` says. Raises ConfigError."""
    for resource in (exported.get("deployment") or {}).get("resources") or ():
        outputs = resource.get("outputs") or {}
        if kind_of(resource["type"]) is PROXY and either(outputs, PROXY.name_field) == subject.proxy.name:
            url = outputs.get("endpoint")
            parts = urlsplit(url if isinstance(url, str) else "")
            if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
                return str(url)
    raise ConfigError(
        f"The proxy {subject.name} has no endpoint that a probe may send a credential to: https is needed."
    )


def probed(endpoint: str, probe: Probe, model: str) -> Probed:
    """Call a gateway, one call after the other, and return what came of it."""
    import httpx

    found = Probed(probe)
    body = {"model": model, "messages": [{"role": "user", "content": "Reply with the word ok."}]}
    headers = {"authorization": f"Bearer {probe.key.get_secret_value()}"} if probe.key else {}
    trusts = not is_loopback(urlsplit(endpoint).hostname or "")
    with httpx.Client(timeout=PATIENCE, trust_env=trusts) as client:
        for _ in range(probe.calls):
            try:
                response = client.post(f"{endpoint.rstrip('/')}/v1/chat/completions", json=body, headers=headers)
                answer = response.json() if response.is_success else None
            except (httpx.HTTPError, ValueError) as error:
                found.failures[type(error).__name__] += 1  # its text may have the header in it
                continue
            if not isinstance(answer, Mapping) or not answer.get("choices"):
                found.failures[f"HTTP {response.status_code}"] += 1
                continue
            by = str(answer.get("model"))
            found.by[by] += 1
            found.answered += probe.model is None or by.rpartition("/")[2] == model.rpartition("/")[2]
    return found
