"""The official SDK, unmodified, calls a served platform: services, proxies with and without a credential."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from gateway.local import ACCESS_KEYS, TOKEN, served

SDK = "agentrun-sdk==0.0.54"
CALLER_KEY = "ck-of-the-oracle"
SIMULATED = "This is m of qwen, simulated. You said: hi"
CREDENTIAL = {
    "credentialName": "callers",
    "credentialAuthType": "api_key",
    "credentialSourceType": "internal",
    "credentialSecret": CALLER_KEY,
}


def answered(python: Path) -> dict[str, str]:
    """Return what each way of calling was answered; `python` has the SDK."""
    with (
        tempfile.TemporaryDirectory() as folder,
        # Its control plane sends the URL that it is given here as the Host.
        served(Path(folder) / "data", real_clock=True, is_local=False) as local,
    ):
        settings = {"apiKey": TOKEN, "baseUrl": f"{local.address}/models/plain/v1", "modelNames": ["m"]}
        local.service("qwen", provider="openai", providerSettings=settings)
        local.control("POST", "credentials", CREDENTIAL)
        local.before("qwen", name="plain")
        local.before("qwen", name="named")
        local.control("PUT", "model-proxies/named", {"credentialName": "callers"})
        environment = {
            **{name: value for name, value in os.environ.items() if "AGENTRUN" not in name},
            # The SDK strips the first scheme, and then takes https unless there is another.
            "AGENTRUN_CONTROL_ENDPOINT": f"http://{local.address}",
            "AGENTRUN_DATA_ENDPOINT": local.address,
            "AGENTRUN_ACCESS_KEY_ID": "ak",
            "AGENTRUN_ACCESS_KEY_SECRET": ACCESS_KEYS["ak"],
            "AGENTRUN_ACCOUNT_ID": "1",
            "GATEWAY_TOKEN": TOKEN,
        }
        script = Path(__file__).parent / "sdk.py"
        done = subprocess.run([python, "-W", "ignore", script], env=environment, text=True, capture_output=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        return {"the SDK": done.stderr[-2000:]}
    said: dict[str, str] = json.loads(lines[0].removeprefix("RESULT "))
    return said


def expected(way: str) -> str:
    """Return what a way of calling is answered."""
    return "256" if way.endswith("embedding") else SIMULATED
