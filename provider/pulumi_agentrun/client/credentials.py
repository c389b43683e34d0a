"""Who the client is: an access key or token, from the environment or Alibaba Cloud's own credential chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .errors import ConfigError

_MISSING = (
    "No AgentRun credentials are configured: set agentrun:accessKeyId and agentrun:accessKeySecret (as a secret), "
    "or the environment variables AGENTRUN_ACCESS_KEY_ID and AGENTRUN_ACCESS_KEY_SECRET (or ALIBABA_CLOUD_…), "
    "or install pulumi-agentrun[credentials] and set up a profile; "
    "to try things without an account, set agentrun:endpoint to file://.agentrun, the embedded platform."
)


@dataclass(frozen=True)
class Credentials:
    """An access key, temporary if it has a security token; or else a bearer token."""

    access_key_id: str = ""
    access_key_secret: str = field(default="", repr=False)
    security_token: str | None = field(default=None, repr=False)
    bearer_token: str | None = field(default=None, repr=False)

    @property
    def provider(self) -> str:
        """What `x-acs-credentials-provider` says of them."""
        if self.bearer_token:
            return "bearer"
        return "static_sts" if self.security_token else "static_ak"


EMBEDDED = Credentials("embedded", "embedded")
"""Who the embedded platform lets in when it runs inside the client: nobody else can reach it."""


def access_key(key: str | None, secret: str | None, token: str | None, key_name: str, secret_name: str) -> Credentials:
    """Return an access key. Raises ConfigError, with the names of the settings, if half of it is missing."""
    if not key or not secret:
        have, lack = (key_name, secret_name) if key else (secret_name, key_name)
        raise ConfigError(f"{have} is set but {lack} is not: set both, or neither.")
    return Credentials(key, secret, token or None)


def of_environment(env: Mapping[str, str]) -> Credentials | None:
    """Return what the environment has, if anything, of one source whole."""
    for prefix in ("AGENTRUN", "ALIBABA_CLOUD"):
        key, secret = f"{prefix}_ACCESS_KEY_ID", f"{prefix}_ACCESS_KEY_SECRET"
        if env.get(key) or env.get(secret):
            return access_key(env.get(key), env.get(secret), env.get(f"{prefix}_SECURITY_TOKEN"), key, secret)
    bearer_token = env.get("ALIBABA_CLOUD_BEARER_TOKEN")
    return Credentials(bearer_token=bearer_token) if bearer_token else None


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
            return Credentials(bearer_token=found.bearer_token)
        return Credentials(found.access_key_id, found.access_key_secret, found.security_token)

    return current


def _of_chain(error: Exception, has_worked: bool) -> ConfigError:
    if has_worked:  # its text may quote the answer of a server that gives out credentials
        return ConfigError(
            f"The credentials could not be renewed ({type(error).__name__}): check what they come from, and run again."
        )
    tried = str(error).partition("result:")[0].strip()
    return ConfigError(f"{_MISSING} (The credential chain says: {tried})")
