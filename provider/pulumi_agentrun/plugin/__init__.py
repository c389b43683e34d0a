"""The front door for every Pulumi language: a provider plugin with a schema, over the same lifecycle.

`pulumi-resource-agentrun` serves Pulumi's provider protocol (gRPC) as the engine asks for it.
"""
