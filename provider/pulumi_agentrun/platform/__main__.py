"""Runs the platform as a server: `python -m pulumi_agentrun.platform`."""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import switches
from .gateway.opening import KINDS
from .gateway.opening import opened as opened_gateway
from .gateway.simulated import Trouble, parse_troubles
from .installed import server
from .opening import CannotServe, checked, kept, listening, opened

CREDENTIAL_VARIABLE = "AGENTRUN_PLATFORM_CREDENTIAL"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and serve until told to stop; return the exit code.

    A command line that makes no sense ends the process with 2, what is not there or cannot be had is 1.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    credentials = _credentials(parser, options)
    settings = _settings(parser, options)
    models, troubles = _models(parser, options), _troubles(parser, options)
    if (options.tls_cert is None) != (options.tls_key is None):
        parser.error("--tls-cert and --tls-key go together")
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every URL
    try:
        served_by = server()
        certificate = checked(options.tls_cert, options.tls_key) if options.tls_cert else None
        with listening(options.host, options.port) as listener, opened(options.data, credentials) as platform:
            platform.switch(**settings)
            with opened_gateway(options.data, credentials, models, troubles) as gateway:
                served_by.serve(platform, gateway, options.host, listener, certificate)
    except CannotServe as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pulumi_agentrun.platform",
        description="A local AgentRun: its control API, and model proxies that answer calls.",
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
    parser.add_argument(
        "--upstreams",
        choices=KINDS,
        default="simulated",
        help="what the models behind proxies are; real ones get their services' keys (default: %(default)s)",
    )
    parser.add_argument(
        "--upstream",
        action="append",
        default=[],
        metavar="SERVICE=KIND",
        help="what the models of one service are, repeatable",
    )
    parser.add_argument(
        "--simulate",
        metavar="TROUBLES",
        help="what simulated services do instead of answering well, such as 'qwen:status=500,share=0.1; *:latency=2'; "
        "kept in the data until it is given anew, '' for none",
    )
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
            own = kept(options.credential_file, f"local:{secrets.token_urlsafe(24)}")
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


def _settings(parser: argparse.ArgumentParser, options: argparse.Namespace) -> dict[str, Any]:
    given = list(options.switch) + ([f"latency={options.latency}"] if options.latency is not None else [])
    settings: dict[str, Any] = {}
    for setting in given:
        try:
            settings.update(switches.parse(setting))
        except ValueError as error:
            parser.error(str(error))
    return settings


def _models(parser: argparse.ArgumentParser, options: argparse.Namespace) -> dict[str, str]:
    kinds = {"": options.upstreams}
    for given in options.upstream:
        service, _, kind = given.rpartition("=")
        if not service or kind not in KINDS:
            parser.error(f"--upstream {given}: write SERVICE={' or SERVICE='.join(KINDS)}")
        kinds[service] = kind
    return kinds


def _troubles(parser: argparse.ArgumentParser, options: argparse.Namespace) -> dict[str, Trouble] | None:
    if options.simulate is None:
        return None
    try:
        return parse_troubles(options.simulate)
    except ValueError as error:
        return parser.error(f"--simulate: {error}")


if __name__ == "__main__":
    sys.exit(main())
