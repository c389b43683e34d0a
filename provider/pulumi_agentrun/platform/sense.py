"""What no service takes, though each value has the right type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import ValidationFailed

_MODES = ("single", "multi")
_PRIVATE = ("PRIVATE", "PUBLIC_AND_PRIVATE")


def refuse_nonsense(body: Mapping[str, Any], *, is_new: bool) -> None:
    """Refuse the fields of a resource as they would be stored.

    Whether an update may take a proxy its endpoints is not known: the official client sends an empty list with any
    change of `proxyConfig`.
    """
    config, network = body.get("proxyConfig"), body.get("networkConfiguration", {})
    if config is not None:
        _check_endpoints(config.get("endpoints", []), is_new)
    if body.get("proxyMode", "single") not in _MODES:
        raise ValidationFailed(f"proxyMode must be one of {', '.join(_MODES)}")
    if network.get("networkMode") in _PRIVATE and not network.get("vpcId"):
        raise ValidationFailed(f"networkConfiguration.vpcId must be set for {network['networkMode']}")


def _check_endpoints(endpoints: list[Any], is_new: bool) -> None:
    if is_new and not endpoints:
        raise ValidationFailed("proxyConfig.endpoints must not be empty")
    for index, endpoint in enumerate(endpoints):
        if not endpoint.get("modelServiceName") and not endpoint.get("baseUrl"):
            raise ValidationFailed(f"proxyConfig.endpoints[{index}] must have a modelServiceName or a baseUrl")
