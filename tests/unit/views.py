"""Resources as policy rules see them, and what a rule finds in them."""

from __future__ import annotations

from typing import Any

from pulumi_agentrun.client.kinds import PROXY, SERVICE
from pulumi_agentrun.policy import RULES, View

SECRET = "sk-a-secret-in-the-program"


def service(region: Any = "cn-a", **props: Any) -> View:
    settings = {"base_url": "https://a.example/v1", "model_names": ["m1", "m2"], **props.pop("provider_settings", {})}
    given = {"model_service_name": "s1", "provider": "openai", "provider_settings": settings, **props}
    return View(SERVICE, "s1", given, urn="urn:s1", region=region)


def proxy(endpoints: Any = None, region: Any = "cn-a", policies: Any = None, **props: Any) -> View:
    config = {"endpoints": [{"model_service_name": "s1"}] if endpoints is None else endpoints, "policies": policies}
    return View(PROXY, "p1", {"model_proxy_name": "p1", "proxy_config": config, **props}, urn="urn:p1", region=region)


def to(*names: Any, **more: Any) -> list[dict[str, Any]]:
    return [{"model_service_name": name, **more} for name in names]


BY_NAME = {rule.name.removeprefix("agentrun-"): rule for rule in RULES}


def found(name: str, config: dict[str, Any], views: list[View]) -> list[str]:
    rule = BY_NAME[name]
    return [str(finding) for finding in rule.findings(views, rule.configured(config))]
