"""`pulumi-resource-agentrun`, as the engine starts it."""

from __future__ import annotations

import argparse
import gc
import os

import pulumi_agentrun


def main() -> None:
    """Serve until the engine ends this process, or is gone itself."""
    parser = argparse.ArgumentParser(prog="pulumi-resource-agentrun", description=__doc__)
    parser.add_argument("engine", help="the address of the engine's own server; the engine gives it")
    parser.add_argument(
        "--version", action="version", version=f"pulumi-resource-agentrun {pulumi_agentrun.__version__}"
    )
    known, _ = parser.parse_known_args()
    # Plugins of pydantic, for tracing, would be looked for in every installed package, and shown what is validated.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    # What is imported all stays: to look through it for what does not takes long, and the engine waits.
    gc.disable()
    from .serving import serve  # with gRPC and Pulumi's SDK, which --version need not wait for

    gc.freeze()
    gc.enable()
    serve(known.engine)


if __name__ == "__main__":
    main()
