"""The rules as a pack: `pulumi preview --policy-pack PATH`; AGENTRUN_POLICIES names the preset."""

import gc
import os
import sys


def main() -> None:
    """Serve the rules until the engine ends it."""
    # The engine waits for what is imported, and all of it stays: to look through it for what does not takes long.
    gc.disable()
    # Plugins of pydantic, for tracing, would be looked for in every installed package, and shown what is validated.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"

    from pulumi_agentrun.client.errors import ConfigError
    from pulumi_agentrun.policy.presets import PRESET_VARIABLE, preset_named

    try:
        from pulumi_agentrun.policy.pack import serve
    except ModuleNotFoundError:
        sys.exit("error: The policy pack needs Pulumi's policy SDK: pip install 'pulumi-agentrun[policy]'")
    gc.freeze()
    gc.enable()
    try:
        serve(preset_named(os.environ))
    except ConfigError as error:
        sys.exit(f"error: {PRESET_VARIABLE}: {error}")


main()
