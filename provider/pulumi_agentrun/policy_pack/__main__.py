"""`pulumi-analyzer-agentrun`, the rules as a pack that the engine starts: `pulumi preview --policy-pack FILE`."""

from __future__ import annotations

import argparse
import gc
import io
import os
import signal
import sys
import threading
import time

from ..engine.address import address, is_there
from ..version import __version__

_WATCH = 1.0


def main() -> None:
    """Serve the rules until the engine ends this process, or is gone itself."""
    parser = argparse.ArgumentParser(
        prog="pulumi-analyzer-agentrun",
        description="AgentRun's rules as a policy pack, which Pulumi starts: pulumi preview --policy-pack FILE, where "
        "FILE is this command's own. AGENTRUN_POLICIES names the preset.",
    )
    parser.add_argument("engine", type=address, help="the address of the engine's own server; the engine gives it")
    parser.add_argument("--tracing", help=argparse.SUPPRESS)  # which the engine says where to, before its own address
    parser.add_argument("--version", action="version", version=f"pulumi-analyzer-agentrun {__version__}")
    known, _ = parser.parse_known_args()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # so the engine ends it, and nothing is left to be done then
    threading.Thread(target=_end_with, args=(known.engine,), daemon=True).start()
    # The policy SDK writes the port without sending it off.
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
    _serve()


def _serve() -> None:
    # The engine waits for what is imported, and all of it stays: to look through it for what does not takes long.
    gc.disable()
    # Plugins of pydantic, for tracing, would be looked for in every installed package, and shown what is validated.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"

    from ..client.errors import ConfigError
    from ..policy.presets import PRESET_VARIABLE, preset_named

    try:
        from ..policy.pack import serve
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing == "pulumi_policy":
            sys.exit("error: The policy pack needs Pulumi's policy SDK: pip install 'pulumi-agentrun[policy]'")
        sys.exit(f"error: The policy pack needs {missing}: install pulumi-agentrun anew, with all that it needs.")
    gc.freeze()
    gc.enable()
    try:
        serve(preset_named(os.environ))
    except ConfigError as error:
        sys.exit(f"error: {PRESET_VARIABLE}: {error}")


def _end_with(engine: str) -> None:
    """End this process when the engine has gone: one that was killed stops nobody.

    Which process started this one would say less: it may be a launcher.
    """
    while is_there(engine):
        time.sleep(_WATCH)
    os._exit(0)


if __name__ == "__main__":
    main()
