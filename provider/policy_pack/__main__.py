"""The rules as a pack: `pulumi preview --policy-pack PATH`; AGENTRUN_POLICIES names the preset."""

import os

from pulumi_agentrun.policy import rules
from pulumi_agentrun.policy.presets import PRESET_VARIABLE
from pulumi_policy import PolicyPack

PolicyPack("agentrun", rules(os.environ.get(PRESET_VARIABLE, "baseline")))
