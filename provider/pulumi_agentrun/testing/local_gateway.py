"""A platform for tests, served with its gateway: models answer what the test says, and time passes at once."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import unquote

import httpx
from pydantic import SecretStr

from ..client import Config
from ..client.errors import ConfigError
from ..platform import Platform
from ..platform.gateway.access import Access
from ..platform.gateway.calls import Gateway, Upstreams
from ..platform.gateway.upstreams import Simulated
from ..platform.kinds import MODELS_PATH
from ..platform.opening import token
from ..platform.store import Store
from ..routes.subjects import Subject
from .local_platform import LocalPlatform
from .scripted import Call, Scripted, Upstream
from .threads import serving

_ACCESS_KEY = "local"
_PATIENCE = 60.0


@dataclass(frozen=True)
class Reply:
    """What a caller of a proxy is answered."""

    status: int
    text: str
    """What the model says, or the error."""
    service: str | None
    """Which service answered, by its name in the API."""
    model: str | None
    attempts: int
    """How many calls of models that took; 0 where none was called, or the answer was kept by the proxy's `cache`."""
    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class LocalGateway:
    """What is deployed to a platform, answering on a free port of this machine; a context manager.

    Weights are drawn in the same order each time. Pauses before retries and latencies pass at once: its clock is
    ahead by so much.
    """

    def __init__(self, platform: LocalPlatform) -> None:
        """Serve a platform. Raises CannotServe if `pulumi-agentrun[platform]` is not installed."""
        self.platform = platform
        self._ahead = 0.0
        chance = Random(0).random
        self._scripted = Scripted(Simulated(chance, self._clock, self._pause))
        self._secret = SecretStr(secrets.token_urlsafe(24))
        self._token = SecretStr(token(str(platform.folder)))
        access_keys = {_ACCESS_KEY: self._secret.get_secret_value()}
        with ExitStack() as opened:
            store = Store(platform.folder)
            opened.callback(store.close)
            access = Access(access_keys, self._token.get_secret_value())
            upstreams = Upstreams(self._scripted)
            self._gateway = Gateway(store, access, upstreams, clock=self._clock, chance=chance, pause=self._pause)
            served = Platform.open(platform.folder, access_keys, is_served=True)
            opened.callback(served.close)
            self.address: str = opened.enter_context(serving(served, self._gateway, is_local=True))
            """Where it listens, `http://127.0.0.1:PORT`: the control API and the proxies."""
            served.served_at(self.address)
            self._opened = opened.pop_all()

    @property
    def config(self) -> Config:
        """How a client, or a stack, reaches the control API over HTTP."""
        return Config(endpoint=self.address, access_key_id=_ACCESS_KEY, access_key_secret=self._secret)

    @property
    def calls(self) -> list[Call]:
        """The calls that came to models, in the order in which they were answered."""
        return list(self._scripted.calls)

    @property
    def elapsed(self) -> float:
        """The seconds that calls have taken and waited, and tests have let pass: none of them really."""
        return self._ahead

    def wait(self, seconds: float) -> None:
        """Let some seconds pass on the gateway's clock, at once: cooldowns and spans of limits end."""
        self._ahead += seconds

    def upstream(self, name: str, *, proxy: str | None = None) -> Upstream:
        """Return a model service of a proxy, by its name or as drills know it, or an endpoint by its URL.

        Raises ConfigError if there is none, or several.
        """
        return Upstream(self.subject(proxy).place_named(name), self._scripted)

    def base_url(self, proxy: str | None = None) -> str:
        """Return the `base_url` of an OpenAI client that calls a proxy, the only one unless it is named."""
        return f"{self.address}{MODELS_PATH}{self.subject(proxy).proxy.name}/v1"

    def key(self, proxy: str | None = None) -> SecretStr:
        """Return what a caller of a proxy sends as the bearer: its credential's secret, or the platform's token."""
        name = self.subject(proxy).proxy.name
        entry = self._gateway.book.entry(name, self._clock())
        if entry is None or not entry.body.get("credentialName"):
            return self._token
        found = (entry.credential or {}).get("credentialSecret")
        if not found:
            raise ConfigError(f"The credential {entry.body['credentialName']} of the proxy {name} has no secret.")
        return SecretStr(found)

    def chat(self, text: str = "Hello", *, proxy: str | None = None, **body: Any) -> Reply:
        """Ask a proxy something as its callers do, and return what it answers, failures too.

        :param body: What else the request is to hold, such as `model`, which is else what the official SDK asks for.
        """
        model = next(iter(self.subject(proxy).asked(())))
        sent = {"model": model, "messages": [{"role": "user", "content": text}], **body}
        headers = {"authorization": f"Bearer {self.key(proxy).get_secret_value()}"}
        url = f"{self.base_url(proxy)}/chat/completions"
        with httpx.Client(trust_env=False, timeout=_PATIENCE) as client:
            return _reply(client.post(url, json=sent, headers=headers))

    def subject(self, proxy: str | None = None) -> Subject:
        """Return a proxy that is deployed, the only one unless it is named, for drills. Raises ConfigError."""
        return self.platform.subject(proxy)

    def close(self) -> None:
        """Stop serving."""
        self._opened.close()

    def __enter__(self) -> LocalGateway:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"LocalGateway({self.address!r})"

    def _clock(self) -> float:
        return time.time() + self._ahead

    async def _pause(self, seconds: float) -> None:
        self._ahead += seconds


def _reply(response: httpx.Response) -> Reply:
    body, headers = response.json(), response.headers
    text = body["error"]["message"] if "error" in body else body["choices"][0]["message"]["content"]
    service = headers.get("x-agentrun-service")
    tried = body["error"].get("tried", ()) if "error" in body else ()
    return Reply(
        response.status_code,
        text,
        None if service is None else unquote(service),
        None if service is None else unquote(headers["x-agentrun-model"]),
        int(headers.get("x-agentrun-attempts", len(tried))),
        body,
        headers,
    )
