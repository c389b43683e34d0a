"""Who the client is: an access key or token, from the environment or Alibaba Cloud's own credential chain.

Source: agentrun-sdk 0.0.54 for the environment's names and their order; alibabacloud-credentials for the chain;
alibabacloud-tea-openapi 0.4.6, `Client.do_request`, for what `x-acs-credentials-provider` says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .errors import ConfigError
from .redaction import STANDS_FOR, redact
from .wording import AS_SECRET, LAST_SETTINGS, Message, Setting

_MISSING = Message(
    "No AgentRun credentials are configured: set {id} and {secret}{secretly}, "
    "or the environment variables AGENTRUN_ACCESS_KEY_ID and AGENTRUN_ACCESS_KEY_SECRET (or ALIBABA_CLOUD_…), "
    "or install pulumi-agentrun[credentials] and set up a profile{settings}; "
    "to try things without an account, set {endpoint} to file://.agentrun, the embedded platform.",
    id=Setting("access_key_id"),
    secret=Setting("access_key_secret"),
    secretly=AS_SECRET,
    settings=LAST_SETTINGS,
    endpoint=Setting("endpoint"),
)
_FIELD = re.compile(r"((?:AccessKeySecret|SecurityToken)\W{1,8})[\w+/=.-]+", re.IGNORECASE)
"""A secret as the services that the chain asks answer with it, should an error repeat an answer."""
_BEARER = "ALIBABA_CLOUD_BEARER_TOKEN"
_CHAIN = (
    "The access key id of the credential chain", "The access key secret of the credential chain",
    "The security token of the credential chain",
)  # fmt: skip


@dataclass(frozen=True)
class Credentials:
    """An access key, temporary if it has a security token; or else a bearer token."""

    access_key_id: str = ""
    access_key_secret: str = field(default="", repr=False)
    security_token: str | None = field(default=None, repr=False)
    bearer_token: str | None = field(default=None, repr=False)
    source: str | Setting = field(default="", compare=False)
    """The setting, or the name of the variable, that they are from."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may repeat."""
        return tuple(filter(None, (self.access_key_secret, self.security_token, self.bearer_token)))

    @property
    def provider(self) -> str:
        """What `x-acs-credentials-provider` says of them."""
        if self.bearer_token:
            return "bearer"
        return "static_sts" if self.security_token else "static_ak"


EMBEDDED = Credentials("embedded", "embedded", source="the embedded platform, which asks for none")
"""Who the embedded platform lets in when it runs inside the client: nobody else can reach it."""


Name = str | Setting
Names = tuple[Name, Name, Name]
"""What the settings of an access key are called: its id, its secret, its token."""


def access_key(key: str | None, secret: str | None, token: str | None, names: Names) -> Credentials:
    """Return an access key.

    Raises ConfigError, with the names of the settings, if half of it is missing, or none of it could be sent.
    """
    if not key or not secret:
        have, lack = names[:2] if key else names[1::-1]
        raise ConfigError(Message("{have} is set but {lack} is not: set both, or neither.", have=have, lack=lack))
    for name, value in zip(names, (key, secret, token), strict=True):
        check_sendable(name, value)
    return Credentials(key, secret, token or None, source=names[0])


def bearer(token: str, name: Name) -> Credentials:
    """Return a bearer token. Raises ConfigError, with the name of the setting, if it could not be sent."""
    check_sendable(name, token)
    return Credentials(bearer_token=token, source=name)


def check_sendable(name: Name, value: str | None) -> None:
    """Refuse what no header can carry: it would be refused later, by a message that repeats it, or sent as another."""
    if not value:
        return
    if any(letter < " " or letter == "\x7f" for letter in value):
        fault = "has a line break or another control character in it (a file's last line break?)"
    elif value != value.strip():
        fault = "begins or ends with a blank"
    elif not value.isascii():
        fault = "has a character in it that is not ASCII"
    else:
        return
    raise ConfigError(Message("{name} {fault}.", name=name, fault=fault))


def of_environment(env: Mapping[str, str]) -> Credentials | None:
    """Return what the environment has, if anything, of one source whole."""
    for prefix in ("AGENTRUN", "ALIBABA_CLOUD"):
        names = (f"{prefix}_ACCESS_KEY_ID", f"{prefix}_ACCESS_KEY_SECRET", f"{prefix}_SECURITY_TOKEN")
        key, secret, token = map(env.get, names)
        if key or secret:
            return access_key(key, secret, token, names)
    token = env.get(_BEARER)
    return bearer(token, _BEARER) if token else None


def chain() -> Callable[[], Credentials]:
    """Use Alibaba Cloud's own credential chain: profiles, OIDC, instance roles; it renews what expires."""
    try:
        from alibabacloud_credentials.client import Client
    except ImportError:
        raise ConfigError(_MISSING) from None
    import logging  # that client has, too

    # Its modules print to the console whatever they meet, tracebacks of every way that leads nowhere among them, and
    # without any handler Python itself would. What matters is in the exception.
    log = logging.getLogger("credentials")
    for handler in [handler for handler in log.handlers if type(handler) is logging.StreamHandler]:
        log.removeHandler(handler)
    log.addHandler(logging.NullHandler())
    client = Client()

    has_worked = False

    def current() -> Credentials:
        nonlocal has_worked
        try:
            found = client.get_credential()
        except Exception as error:  # of many classes
            raise _of_chain(error, has_worked) from None
        has_worked = True
        if found.bearer_token:
            return bearer(found.bearer_token, "The bearer token of the credential chain")
        return access_key(found.access_key_id, found.access_key_secret, found.security_token, _CHAIN)

    return current


def _of_chain(error: Exception, has_worked: bool) -> ConfigError:
    if has_worked:  # its text may quote the answer of a server that gives out credentials
        return ConfigError(
            f"The credentials could not be renewed ({type(error).__name__}): check what they come from, and run again."
        )
    known = [value for name, value in os.environ.items() if name.endswith(("SECRET", "TOKEN"))]
    said = _FIELD.sub(rf"\1{STANDS_FOR}", redact(str(error).partition("result:")[0].strip(), known))
    return ConfigError(Message("{missing} (The credential chain says: {said})", missing=_MISSING, said=said))
