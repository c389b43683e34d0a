"""What is true of the calls of one proxy, as values that JSON can carry: shares, order, worst case, limits, reach."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Scope = Literal["service", "provider", "region", "credential"]


class Fact(BaseModel):
    """A value that does not change, in camelCase as JSON."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        hide_input_in_errors=True,
        allow_inf_nan=False,
        defer_build=True,
    )

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return self.model_dump(mode="json", by_alias=True)


class Standing(Fact):
    """Where a proxy or a model service stands; what is secret or not there yet is `not known`."""

    network: str
    """Its network mode."""
    role: str
    """Its execution role, or `nothing`."""
    logs: str
    """Its log project and logstore, or `nothing`."""


class Service(Fact):
    """A model service that calls can come to, or the URL of an endpoint."""

    name: str
    """What the program calls it, or else its name in the API, or the URL without what may be secret in it."""
    provider: str
    """Empty where it is not known."""
    regions: tuple[str, ...]
    """Where AgentRun has it, and what its hosts name."""
    hosts: tuple[str, ...]
    key: str
    """Where its key comes from, never the key: `credential NAME`, `env:NAME`, `file:PATH`, `its own key` or nothing."""
    is_missing: bool = False
    """Whether there is no such model service where the proxy is, so that no attempt at it connects."""
    standing: Standing | None = None


class Share(Fact):
    """What part of the calls comes to a service."""

    service: str
    share: float
    models: tuple[str, ...]
    """What it is asked for."""


class Outage(Fact):
    """What becomes of a model's calls while something cannot be connected to."""

    scope: Scope
    name: str
    fails: float
    """The share of calls that nobody answers: 1 where all of them fail."""


class Model(Fact):
    """A model that callers can ask for."""

    name: str
    is_proxys_own: bool
    """Whether it is the proxy's own name, which stands for all of its endpoints."""
    order: tuple[tuple[Share, ...], ...]
    """Who shares the calls, and then who does for each fallback, in order."""
    attempts: int
    """How many one call makes at most."""
    seconds: float
    """How long one call takes at most, where no service asks for longer pauses."""
    providers: tuple[str, ...]
    regions: tuple[str, ...]
    outages: tuple[Outage, ...]


class TokenLimit(Fact):
    """A limit of tokens."""

    name: str
    """As the API calls it: `tps`, `tpm`, `tph` or `tpd`."""
    tokens: int
    per_second: float
    """How many tokens a second it lets through in the long run."""


class Limits(Fact):
    """What a proxy lets through."""

    calls: int | None
    """How many calls may be under way at once."""
    calls_per_second: float | None
    """How many calls a second that leaves where each takes its worst time."""
    tokens: tuple[TokenLimit, ...]
    """The one first that calls which keep coming meet first."""


class Guardrails(Fact):
    """What a proxy checks, and what it blocks."""

    requests: bool
    responses: bool
    blocks: tuple[str, ...]
    """What is blocked, as the API names it: `blockOnPromptAttack`."""
    longest: int | None
    """The most characters that a text may have."""
    level: str | None


class Proxy(Fact):
    """What a proxy does with calls."""

    name: str
    """What the program calls it, or else its name in the API."""
    api_name: str
    region: str | None
    credential: str | None
    """The name of the credential that callers must present."""
    retries: int
    timeout: float
    """Seconds that one attempt may take."""
    is_cached: bool
    limits: Limits
    guardrails: Guardrails
    services: tuple[Service, ...]
    models: tuple[Model, ...] = Field(default=())
    standing: Standing | None = None


class Unknown(Fact):
    """A proxy of which nothing can be said."""

    name: str
    api_name: str
    why: str

    def __str__(self) -> str:
        return f"{self.name} cannot be explained: {self.why}."
