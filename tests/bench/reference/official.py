"""The official client, as one would call it from a provider of one's own."""

from __future__ import annotations

import os
from functools import cache

from alibabacloud_agentrun20250910.client import Client
from alibabacloud_tea_openapi.models import Config

ENDPOINT = "OFFICIAL_ENDPOINT"
"""The variable that says where the service is."""
PAUSE = 1.0
"""Seconds between two looks."""


@cache
def client() -> Client:
    return Client(
        Config(
            access_key_id=os.environ["AGENTRUN_ACCESS_KEY_ID"],
            access_key_secret=os.environ["AGENTRUN_ACCESS_KEY_SECRET"],
            endpoint=os.environ[ENDPOINT],
            protocol="HTTP",
        )
    )


def is_gone(error: Exception) -> bool:
    return getattr(error, "code", None) == "ERR_NOT_FOUND"
