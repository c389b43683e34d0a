"""`pulumi-agentrun doctor`: what is installed, where the settings lead, and what would fail."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import click

from ..client import operations
from ..client.errors import AgentRunError, ConfigError
from ..client.flows import Notice, call
from ..client.kinds import KINDS
from ..client.session import Session
from ..client.wording import Reader, tell
from ..lifecycle.profiles import Accounts
from ..lifecycle.readers import PYTHON
from . import options
from .printing import as_json, table

State = Literal["ok", "note", "wrong"]
_STYLES: dict[State, str] = {"ok": "green", "note": "", "wrong": "red"}
_EXTRAS = {
    "policy": ("pulumi-policy", "the rules as a policy pack"),
    "credentials": ("alibabacloud-credentials", "the credential chain: profiles, OIDC, instance roles"),
    "platform": ("uvicorn", "to serve the embedded platform"),
}
_PATIENCE = 60.0
"""Seconds that a command of Pulumi's may take."""
_CREDENTIALS = ("accessKeySecret", "securityToken")


@dataclass(frozen=True)
class Found:
    """One thing that was looked at."""

    state: State
    what: str
    text: str


@click.command()
@click.option(
    "--stack", metavar="NAME", help="Look at a stack's settings, each profile too, instead of the environment's alone."
)
@options.as_json
def doctor(stack: str | None, is_json: bool) -> None:
    """Say what is installed, where the settings lead and as whom, and whether the service answers.

    Nothing is changed and no secret is shown. It ends with 1 if something would fail.

    Example: pulumi-agentrun doctor --stack dev
    """
    found = [*_installed(), *_accounts(stack, PYTHON if stack else options.TERMINAL)]
    if is_json:
        as_json({"checks": [asdict(item) for item in found]})
    else:
        rows = [(item.state, item.what, item.text) for item in found]
        table(("", "WHAT", "FOUND"), rows, [_STYLES[item.state] for item in found])
    click.get_current_context().exit(1 if any(item.state == "wrong" for item in found) else 0)


def version_of(package: str) -> str | None:
    """Return the version of an installed package, None if it is not."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _installed() -> Iterator[Found]:
    yield Found("ok", "pulumi-agentrun", f"{version('pulumi-agentrun')} on Python {platform.python_version()}")
    yield _engine(version("pulumi"))
    for extra, (package, purpose) in _EXTRAS.items():
        there = version_of(package)
        lacks = f"not installed ({purpose}): pip install 'pulumi-agentrun[{extra}]'"
        yield Found("ok" if there else "note", package, there or lacks)


def _engine(sdk: str) -> Found:
    """Judge the engine; it need not be of the SDK's version, but of its major one."""
    command = shutil.which("pulumi")
    if command is None:
        return Found("wrong", "Pulumi", "There is no pulumi on PATH: https://www.pulumi.com/docs/install/")
    try:
        done = subprocess.run([command, "version"], capture_output=True, text=True, timeout=_PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return Found("wrong", "Pulumi", f"{command} says no version ({type(error).__name__}): install it anew.")
    engine = done.stdout.strip().removeprefix("v")
    is_alike = engine.partition(".")[0] == sdk.partition(".")[0]
    advice = "" if is_alike else ": they must have the same major version"
    return Found("ok" if is_alike else "wrong", "Pulumi", f"engine {engine}, Python SDK {sdk}{advice}")


def _accounts(stack: str | None, reader: Reader) -> Iterator[Found]:
    try:
        settings = _settings_of(stack) if stack else {}
    except ConfigError as error:
        yield Found("wrong", f"stack {stack}", error.told(reader))
        return
    yield from _in_plain_text(settings)
    values = {key: setting.get("value") for key, setting in settings.items()}
    accounts = Accounts(values.get, _unheard)
    profiles = json.loads(values.get("agentrun:profiles") or "{}")
    for profile in [None, *(profiles if isinstance(profiles, dict) else ())]:
        yield from _account(accounts, profile, reader)


def _settings_of(stack: str) -> dict[str, dict[str, Any]]:
    """Return the stack's settings as Pulumi decrypts them; the process's memory is all that holds them."""
    command = shutil.which("pulumi")
    if command is None:
        raise ConfigError("Without a pulumi on PATH, the settings of a stack cannot be read.")
    arguments = [command, "config", "--json", "--show-secrets", "--non-interactive", "--stack", stack]
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        if done.returncode == 0:
            found: dict[str, dict[str, Any]] = json.loads(done.stdout)
            return found
        reason = done.stderr.strip().splitlines()[-1:] or ["it gave no reason"]
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        reason = [type(error).__name__]
    raise ConfigError(f"pulumi config cannot read its settings: {reason[0].removeprefix('error: ')}")


def _in_plain_text(settings: Mapping[str, Mapping[str, Any]]) -> Iterator[Found]:
    for key in _CREDENTIALS:
        name = f"agentrun:{key}"
        if name in settings and not settings[name].get("secret"):
            yield Found("wrong", name, f"It is in plain text: pulumi config set --secret {name}")


def _account(accounts: Accounts, profile: str | None, reader: Reader) -> Iterator[Found]:
    of = f" of profile {profile}" if profile else ""
    try:
        session, place = accounts.connect(profile)
    except AgentRunError as error:
        yield Found("wrong", f"settings{of}", error.told(reader))
        return
    try:
        yield Found("ok", f"endpoint{of}", place.address)
        yield Found("ok", f"region{of}", place.region or "none: the endpoint alone says where")
        yield Found("ok", f"account{of}", place.account or "not named (agentrun:accountId)")
        yield from _asked(f"credentials{of}", partial(_whose, session, reader), reader)
        for kind in KINDS:
            what = kind.collection.replace("-", " ")
            yield from _asked(f"{what}{of}", partial(_listed, session, kind.list_input(page_size=1)), reader)
    finally:
        session.close()


def _asked(what: str, ask: Callable[[], str], reader: Reader) -> Iterator[Found]:
    try:
        yield Found("ok", what, ask())
    except AgentRunError as error:
        yield Found("wrong", what, error.told(reader))


def _whose(session: Session, reader: Reader) -> str:
    given = session.connection.credentials
    credentials = given() if callable(given) else given
    key = f"{credentials.access_key_id[:4]}…" if credentials.access_key_id else "a bearer token"
    return f"{key} from {tell(credentials.source, reader)}" + (", temporary" if credentials.security_token else "")


def _listed(session: Session, wanted: Any) -> str:
    page = session.run(call(operations.list_page(wanted)))
    return f"the service answers, {'none' if page.total == 0 else page.total or 'some'} there"


def _unheard(notice: Notice) -> None:
    """Say nothing of what nobody waits for."""
