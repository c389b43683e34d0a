"""The rules as a pack: `pulumi preview --policy-pack PATH`; AGENTRUN_POLICIES names the preset."""

import os
import sys

# Plugins of pydantic, for tracing, would be looked for in every installed package, and shown what is validated.
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"

from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.policy.presets import PRESET_VARIABLE, preset_named

try:
    from pulumi_agentrun.policy.pack import serve
except ModuleNotFoundError:
    sys.exit("error: The policy pack needs Pulumi's policy SDK: pip install 'pulumi-agentrun[policy]'")
try:
    serve(preset_named(os.environ))
except ConfigError as error:
    sys.exit(f"error: {PRESET_VARIABLE}: {error}")
