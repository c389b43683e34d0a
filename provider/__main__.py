"""Serves the plugin from this folder, for engines that were pointed to it; see PulumiPlugin.yaml."""

from pulumi_agentrun.plugin.__main__ import main

main()
