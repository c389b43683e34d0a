"""Loads configurations into LiteLLM's own Router, in its own environment, and says what it offers to callers."""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or it asks the Internet

import litellm  # noqa: E402
from litellm import Router  # noqa: E402

REFERENCE = "os.environ/"


def set_variables(value: Any) -> None:
    """Give each variable that a configuration refers to a value."""
    if isinstance(value, dict):
        for item in value.values():
            set_variables(item)
    elif isinstance(value, list):
        for item in value:
            set_variables(item)
    elif isinstance(value, str) and value.startswith(REFERENCE):
        os.environ.setdefault(value.removeprefix(REFERENCE), "https://set.example/v1")


def offered(config: dict[str, Any]) -> dict[str, Any]:
    set_variables(config)
    litellm.logging_callback_manager._reset_all_callbacks()
    settings = config["router_settings"]
    router = Router(model_list=config["model_list"], **settings)
    stand_ins = {name: others for entry in router.fallbacks or [] for name, others in entry.items()}
    spares = {other for others in stand_ins.values() for other in others}
    names = {*router.model_names, *(settings.get("model_group_alias") or {})}
    found = {
        name: [
            len(router._get_all_deployments(router._get_model_from_alias(name) or name)),
            len(stand_ins.get(name, [])),
        ]
        for name in names - spares
    }
    return {"retries": router.num_retries, "timeout": router.timeout, "names": found}


print("RESULT " + json.dumps([offered(config) for config in json.load(sys.stdin)]))
