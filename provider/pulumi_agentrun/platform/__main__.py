"""Runs the platform as a server: `python -m pulumi_agentrun.platform`."""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from . import switches
from .opening import CannotServe, checked, listening, opened

CREDENTIAL_VARIABLE = "AGENTRUN_PLATFORM_CREDENTIAL"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and serve until told to stop; return the exit code.

    A command line that makes no sense ends the process with 2, what is not there or cannot be had is 1.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    credentials = _credentials(parser, options)
    settings = _settings(parser, options)
    if (options.tls_cert is None) != (options.tls_key is None):
        parser.error("--tls-cert and --tls-key go together")
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        server = _server()
        certificate = checked(options.tls_cert, options.tls_key) if options.tls_cert else None
        with listening(options.host, options.port) as listener, opened(options.data, credentials) as platform:
            platform.switch(**settings)
            server.serve(platform, options.host, listener, certificate)
    except CannotServe as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _server() -> ModuleType:
    try:
        from . import server
    except ImportError as error:
        raise CannotServe(
            f"{error.name or error} is not installed, which serving needs: pip install 'pulumi-agentrun[platform]'"
        ) from None
    return server


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pulumi_agentrun.platform", description="A local AgentRun control API."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on; 0 takes a free one (default)")
    parser.add_argument("--data", required=True, metavar="DIR", help="directory of the platform's data")
    parser.add_argument(
        "--credential",
        action="append",
        metavar="ID:SECRET",
        help=f"an access key to accept, repeatable, and seen by whoever lists processes; better --credential-file, or "
        f"{CREDENTIAL_VARIABLE}, several separated by blanks",
    )
    parser.add_argument(
        "--credential-file",
        metavar="FILE",
        type=Path,
        help="a file of access keys to accept, one ID:SECRET a line; made with a random one if it is missing",
    )
    parser.add_argument("--latency", metavar="S", help="seconds until a change is done, as --switch latency=S")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE", help="set a switch, repeatable")
    parser.add_argument("--tls-cert", metavar="FILE", help="certificate to serve HTTPS with")
    parser.add_argument("--tls-key", metavar="FILE", help="its private key")
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 5 or int(text) > 65535:
        raise argparse.ArgumentTypeError("must be a whole number from 0 to 65535")
    return int(text)


def _credentials(parser: argparse.ArgumentParser, options: argparse.Namespace) -> dict[str, str]:
    pairs = options.credential or os.environ.get(CREDENTIAL_VARIABLE, "").split()
    if options.credential_file is not None:
        try:
            own = kept(options.credential_file)
        except (OSError, ValueError) as error:
            parser.error(f"--credential-file {options.credential_file}: {getattr(error, 'strerror', None) or error}")
        if not own:
            parser.error(f"--credential-file {options.credential_file}: it is empty; write ID:SECRET, or delete it")
        pairs = [*pairs, *own]
    if not pairs:
        parser.error(f"no access key: give --credential-file FILE or set {CREDENTIAL_VARIABLE}")
    credentials = {}
    for number, pair in enumerate(pairs, 1):
        key, _, secret = pair.partition(":")
        if not key or not secret:
            parser.error(f"credential {number} is not of the form ID:SECRET")
        credentials[key] = secret
    return credentials


def kept(path: Path) -> list[str]:
    """Return the access keys in a file that only its owner can read, made with a random one if it is missing."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if not path.is_file():
            raise ValueError("it is no regular file") from None
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ValueError("others can read it, or write to it; chmod 600 it") from None
    else:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(f"local:{secrets.token_urlsafe(24)}\n")
    try:
        return path.read_text("utf-8").split()
    except UnicodeDecodeError:
        raise ValueError("it is not text") from None


def _settings(parser: argparse.ArgumentParser, options: argparse.Namespace) -> dict[str, Any]:
    given = list(options.switch) + ([f"latency={options.latency}"] if options.latency is not None else [])
    settings: dict[str, Any] = {}
    for setting in given:
        try:
            settings.update(switches.parse(setting))
        except ValueError as error:
            parser.error(str(error))
    return settings


if __name__ == "__main__":
    sys.exit(main())
