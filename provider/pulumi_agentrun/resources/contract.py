"""The contract between stacks: what a ModelGateway exports, and GatewayReference, which reads it elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..lifecycle.gateway import as_contract, contract_fault
from .generated import ModelProxy


def contract_of(proxy: ModelProxy, model_names: pulumi.Output[list[str]]) -> pulumi.Output[dict[str, Any]]:
    """Return what other stacks may know of a gateway; the credential only by its name."""
    return pulumi.Output.all(
        endpoint=proxy.endpoint,
        model_proxy_name=proxy.model_proxy_name,
        model_name=model_names.apply(lambda names: names[0]),
        model_names=model_names,
        credential_name=proxy.credential_name,
        region=proxy.region,
    ).apply(as_contract)


class GatewayReference:
    """A gateway that another stack deploys, read through a Pulumi stack reference.

    The other stack exports `contract` of its ModelGateway. What is missing there, or too old, fails the preview here.
    """

    endpoint: pulumi.Output[str]
    """The URL to call."""
    model_name: pulumi.Output[str]
    """The model to ask for by default."""
    model_names: pulumi.Output[list[str]]
    """The models that can be asked for."""
    model_proxy_name: pulumi.Output[str]
    """The proxy's name in the API."""
    credential_name: pulumi.Output[str | None]
    """The name of the credential that callers must present, if they must."""
    region: pulumi.Output[str | None]
    """The region that the gateway is in, if its endpoint tells."""

    def __init__(self, stack: str, output: str = "gateway") -> None:
        """Read a gateway of another stack.

        :param stack: The stack that deploys it, as `organization/project/stack`.
        :param output: The name under which that stack exports the contract.
        """
        # A name of its own, so that a program may read several gateways of one stack.
        exported = pulumi.StackReference(f"{stack}#{output}", stack_name=stack).get_output(output)
        contract = exported.apply(lambda value: _checked(value, f"{stack} (output {output!r})"))
        self.endpoint = contract.apply(lambda fields: str(fields["endpoint"]))
        self.model_name = contract.apply(lambda fields: str(fields["model_name"]))
        self.model_names = contract.apply(lambda fields: [str(name) for name in fields["model_names"]])
        self.model_proxy_name = contract.apply(lambda fields: str(fields["model_proxy_name"]))
        self.credential_name = contract.apply(lambda fields: fields.get("credential_name"))
        self.region = contract.apply(lambda fields: fields.get("region"))


def _checked(contract: Any, where: str) -> Mapping[str, Any]:
    """Return a contract that can be relied on, or stop the program with what to do about it."""
    fault = contract_fault(contract, where)
    if fault is not None:
        raise pulumi.RunError(fault)
    found: Mapping[str, Any] = contract
    return found
