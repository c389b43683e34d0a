"""`pulumi-resource-agentrun`, as the engine starts it."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from importlib.util import find_spec, module_from_spec

from ..engine.address import address
from ..version import __version__


def main() -> None:
    """Serve until the engine ends this process, or is gone itself."""
    parser = argparse.ArgumentParser(prog="pulumi-resource-agentrun", description=__doc__)
    parser.add_argument("engine", type=address, help="the address of the engine's own server; the engine gives it")
    parser.add_argument("--tracing", help=argparse.SUPPRESS)  # which the engine says where to, before its own address
    parser.add_argument("--version", action="version", version=f"pulumi-resource-agentrun {__version__}")
    known, _ = parser.parse_known_args()
    # Plugins of pydantic, for tracing, would be looked for in every installed package, and shown what is validated.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    # What is imported all stays: to look through it for what does not takes long, and the engine waits.
    gc.disable()
    _leave_out_sdk()
    from .serving import serve  # with gRPC, which --version need not wait for

    gc.freeze()
    gc.enable()
    serve(known.engine)


def _leave_out_sdk() -> None:
    """Have `pulumi.runtime.proto` imported alone, without the SDK in which it lies: that is for programs.

    To import an SDK takes longer than all else until the first answer. A package that is known already, though nothing
    of it has been run, is not run when something in it is imported.
    """
    for package in ("pulumi", "pulumi.runtime"):
        spec = None if package in sys.modules else find_spec(package)
        if spec is None:  # it has been imported, or it is not there, as the import will say itself
            return
        sys.modules[package] = module_from_spec(spec)


if __name__ == "__main__":
    main()
