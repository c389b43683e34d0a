"""The rules as a pack: `pulumi preview --policy-pack PATH`; AGENTRUN_POLICIES names the preset."""

import os
import sys

from pulumi_agentrun.client.errors import ConfigError
from pulumi_agentrun.policy import rules
from pulumi_agentrun.policy.presets import PRESET_VARIABLE
from pulumi_policy import PolicyPack

try:
    policies = rules(os.environ.get(PRESET_VARIABLE, "baseline"))
except ConfigError as error:
    sys.exit(f"error: {PRESET_VARIABLE}: {error}")
PolicyPack("agentrun", policies)
