"""Where the client connects to and as whom: argument, then environment, then credential chain.

Source: agentrun-sdk 0.0.54 for the environment's AGENTRUN_… and FC_… and the region unless given;
alibabacloud-agentrun20250910 5.7.5, `Client.get_endpoint`, for the endpoint of a region.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeGuard, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from .addresses import base_url, check_region
from .credentials import EMBEDDED, Credentials, access_key, bearer, chain, of_environment
from .errors import AgentRunError, ConfigError
from .getters import Getters
from .local import identity
from .nearest import nearest
from .refusals import Refusing
from .wording import Message, Setting

T = TypeVar("T")

DEFAULT_REGION = "cn-hangzhou"
ENDPOINT_VARIABLE = "AGENTRUN_CONTROL_ENDPOINT"
"""The environment variable with the endpoint, where no setting says one."""
_REGIONS = ("AGENTRUN_REGION", "FC_REGION")
_INSECURE = "AGENTRUN_ALLOW_INSECURE"
# The public endpoint of a region, or one on a network of its own such as `agentrun-vpc`: the same service.
_NETWORK = re.compile(r"https://agentrun(?:-[a-z0-9]+)?\.([a-z0-9-]+)\.aliyuncs\.com$")


class Config(Getters, Refusing):
    """Settings of a client; what is unset is looked up in the environment.

    By position and by name it takes what the official SDK's does (agentrun-sdk 0.0.54), where `region` is `region_id`
    and `endpoint` is `control_endpoint`; the rest by keyword. Of two configurations, `first.over(second)` has the
    fields of `first` where they are set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)
    _refused: ClassVar[type[AgentRunError]] = ConfigError

    endpoint: str | None = None
    """`https://HOST`, `http://HOST:PORT`, or `file://PATH` for the embedded platform
    (else AGENTRUN_CONTROL_ENDPOINT, else the region's public endpoint)."""
    region: str | None = None
    """The region (else AGENTRUN_REGION, FC_REGION, `cn-hangzhou`)."""
    access_key_id: str | None = None
    """The access key's id (else AGENTRUN_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_ID)."""
    access_key_secret: SecretStr | None = None
    """Its secret (else AGENTRUN_ACCESS_KEY_SECRET, ALIBABA_CLOUD_ACCESS_KEY_SECRET)."""
    security_token: SecretStr | None = None
    """The token of a temporary key (else AGENTRUN_SECURITY_TOKEN, ALIBABA_CLOUD_SECURITY_TOKEN)."""
    account_id: str | None = None
    """The account's id, which tells that another access key is of the same account
    (else AGENTRUN_ACCOUNT_ID, FC_ACCOUNT_ID)."""
    bearer_token: SecretStr | None = None
    """A bearer token to use instead of an access key (else ALIBABA_CLOUD_BEARER_TOKEN)."""
    allow_insecure: bool | None = None
    """Whether `http://` may lead to another machine: what is sent there, keys too, can be read on the way
    (else AGENTRUN_ALLOW_INSECURE)."""
    connect_timeout: float = Field(default=5.0, gt=0)
    """Seconds to wait for a connection."""
    read_timeout: float = Field(default=30.0, gt=0)
    """Seconds to wait for each piece of an answer."""
    timeout: float | None = Field(default=None, gt=0)
    """Seconds that a whole exchange may take; 120 unless given, or a single read may take longer."""
    token: SecretStr | None = None
    """Kept for programs of the official SDK, as what follows is: for the data plane, which this client never calls."""
    data_endpoint: str | None = None
    """For the data plane."""
    devs_endpoint: str | None = None
    """For other services."""
    bailian_endpoint: str | None = None
    """For other services."""
    use_vpc_endpoint: bool | None = None
    """For other services."""
    headers: tuple[tuple[str, str], ...] | None = Field(default=None, repr=False)
    """For the data plane."""

    def __init__(
        self,
        access_key_id: str | None = None,
        access_key_secret: str | SecretStr | None = None,
        security_token: str | SecretStr | None = None,
        account_id: str | None = None,
        token: str | SecretStr | None = None,
        region_id: str | None = None,
        timeout: float | None = None,
        read_timeout: float | None = None,
        control_endpoint: str | None = None,
        data_endpoint: str | None = None,
        devs_endpoint: str | None = None,
        bailian_endpoint: str | None = None,
        use_vpc_endpoint: bool | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        endpoint: str | None = None,
        region: str | None = None,
        bearer_token: str | SecretStr | None = None,
        allow_insecure: bool | None = None,
        connect_timeout: float | None = None,
        **unknown: Any,
    ) -> None:
        _refuse(unknown)
        given: dict[str, Any] = {
            "access_key_id": access_key_id, "access_key_secret": access_key_secret, "security_token": security_token,
            "account_id": account_id, "token": token, "timeout": timeout, "read_timeout": read_timeout,
            "data_endpoint": data_endpoint, "devs_endpoint": devs_endpoint, "bailian_endpoint": bailian_endpoint,
            "use_vpc_endpoint": use_vpc_endpoint, "headers": _pairs(headers),
            "endpoint": _one("endpoint", endpoint, "control_endpoint", control_endpoint),
            "region": _one("region", region, "region_id", region_id),
            "bearer_token": bearer_token, "allow_insecure": allow_insecure, "connect_timeout": connect_timeout,
        }  # fmt: skip
        super().__init__(**{name: value for name, value in given.items() if value is not None})

    def over(self, other: Config) -> Config:
        """Return these settings, completed by those of the other where unset here; headers are put together."""
        settings = _set_fields(other) | _set_fields(self)
        if other.headers and self.headers:
            settings["headers"] = dict(other.headers) | dict(self.headers)
        return Config(**settings)

    @classmethod
    def with_configs(cls, *configs: Config | None) -> Config:
        """Return the settings of all, the later ones first."""
        return cls().update(*configs)

    def update(self, *configs: Config | None) -> Config:
        """Return these settings with those of others over them, the later ones first; nothing is changed in place."""
        merged = self
        for config in configs:
            merged = config.over(merged) if config else merged
        return merged


def _pairs(headers: Any) -> Any:
    return tuple(sorted(headers.items())) or None if isinstance(headers, Mapping) else headers


def _set_fields(config: Config) -> dict[str, Any]:
    fields = {name: getattr(config, name) for name in config.model_fields_set}
    return {name: value for name, value in fields.items() if value is not None}


def _one(name: str, value: T | None, other: str, another: T | None) -> T | None:
    if value is not None and another is not None and value != another:
        raise ConfigError(f"{name} and {other} are one setting under two names: give one of them.")
    return another if value is None else value


def _refuse(unknown: Mapping[str, Any]) -> None:
    for name in unknown:
        known = [*inspect.signature(Config.__init__).parameters][1:-1]
        meant = nearest(name.lower(), known, alike=0.5)
        raise ConfigError(f"Config has no {name}" + (f": did you mean {meant}?" if meant else "."))


class Connection(BaseModel):
    """What a configuration comes down to: every setting known."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, hide_input_in_errors=True, defer_build=True)

    base_url: str
    """The endpoint without a path; `http://embedded` for the embedded platform."""
    region: str | None
    """The region that names are unique in; none when only an endpoint is known."""
    directory: Path | None
    """The embedded platform's data, if it is the embedded platform."""
    credentials: Credentials | Callable[[], Credentials] = Field(repr=False)
    connect_timeout: float
    read_timeout: float
    timeout: float | None = None
    """Seconds that a whole exchange may take, where a setting says so."""
    account_id: str | None = None
    """The account that the credentials are of, where a setting says so."""

    @property
    def address(self) -> str:
        """What a name is unique in: the endpoint, one for all networks of a region, or the platform's directory."""
        if self.directory is not None:
            return f"file://{self.directory}"
        return _NETWORK.sub(r"https://agentrun.\1.aliyuncs.com", self.base_url)

    @property
    def location(self) -> str | None:
        """What tells this service from every other one; None for an embedded platform that is not made yet.

        An embedded platform has an identity of its own, for its directory can be moved, lost or misspelt.
        """
        if self.directory is None:
            return self.address
        found = identity(self.directory)
        return found and f"embedded:{found}"


def resolve(config: Config, environment: Mapping[str, str] | None = None, *, of: str = "") -> Connection:
    """Complete a configuration from the environment and the credential chain.

    Raises ConfigError with one sentence that says what to set; `of` says which of several configurations it is, for
    readers who have several. A relative `file://` path is taken from the working directory.
    """
    env = os.environ if environment is None else environment
    endpoint = config.endpoint or env.get(ENDPOINT_VARIABLE)
    region = region_of(config.region, endpoint, env)
    timeouts: dict[str, Any] = {
        "connect_timeout": config.connect_timeout, "read_timeout": config.read_timeout, "timeout": config.timeout,
    }  # fmt: skip
    if _is_embedded(endpoint):
        return Connection(
            base_url="http://embedded", region=region, directory=_directory(endpoint),
            credentials=EMBEDDED, **timeouts,
        )  # fmt: skip
    if region:
        check_region(Setting("region", of) if config.region else _of_regions(env), region)
    return Connection(
        base_url=_base_url(config, env, of) if endpoint else f"https://agentrun.{region}.aliyuncs.com",
        region=region, directory=None, credentials=_credentials(config, env, of),
        account_id=config.account_id or env.get("AGENTRUN_ACCOUNT_ID") or env.get("FC_ACCOUNT_ID"), **timeouts,
    )  # fmt: skip


def region_of(region: str | None, endpoint: str | None, environment: Mapping[str, str]) -> str | None:
    """Return the region that a configuration leads to; None if an endpoint says where to go without naming one."""
    endpoint = endpoint or environment.get(ENDPOINT_VARIABLE)
    if _is_embedded(endpoint):
        return "embedded"
    found = region or environment.get(_of_regions(environment))
    return found or (None if endpoint else DEFAULT_REGION)


def _of_regions(environment: Mapping[str, str]) -> str:
    """Return the environment variable that says the region."""
    return next((name for name in _REGIONS if environment.get(name)), _REGIONS[0])


def _is_embedded(endpoint: str | None) -> TypeGuard[str]:
    return endpoint is not None and endpoint.startswith("file:")


def _directory(endpoint: str) -> Path:
    path = unquote(endpoint.removeprefix("file:").removeprefix("//"))
    if not path:
        raise ConfigError(
            Message(
                "{endpoint} is 'file://' without a path: set for instance file://.agentrun.",
                endpoint=Setting("endpoint"),
            )
        )
    return Path(path).expanduser().absolute()


def _base_url(config: Config, env: Mapping[str, str], of: str) -> str:
    name: str | Setting = Setting("endpoint", of)
    endpoint = config.endpoint
    if not endpoint:
        name, endpoint = ENDPOINT_VARIABLE, env[ENDPOINT_VARIABLE]
    allowed = config.allow_insecure
    if allowed is None:
        allowed = truth(_INSECURE, env.get(_INSECURE) or "false")
    return base_url(name, endpoint, allow_insecure=allowed, setting=Setting("allow_insecure", of))


def truth(name: str | Setting, value: str) -> bool:
    """Return what a setting of yes or no says. Raises ConfigError."""
    if value.lower() not in ("true", "false"):
        raise ConfigError(Message("{name} must be true or false.", name=name))
    return value.lower() == "true"


def _credentials(config: Config, env: Mapping[str, str], of: str) -> Credentials | Callable[[], Credentials]:
    """Take one source whole: a token never goes with a key from elsewhere."""
    if config.bearer_token:
        return bearer(config.bearer_token.get_secret_value(), Setting("bearer_token", of))
    if config.access_key_id or config.access_key_secret:
        return access_key(
            config.access_key_id, _reveal(config.access_key_secret), _reveal(config.security_token),
            (Setting("access_key_id", of), Setting("access_key_secret", of), Setting("security_token", of)),
        )  # fmt: skip
    return of_environment(env) or chain()


def _reveal(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
