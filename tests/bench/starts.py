"""What people wait for at the start: the plugin's version and first answers, and the import of what a program needs."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto.provider_pb2 import ConfigureRequest
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from bench.clients import environment, measure
from bench.report import ROOT, Row

BOUND = 150.0
"""Milliseconds that a start may take."""
PROGRAM = "from pulumi_agentrun import GatewayServiceArgs, ModelGateway, ModelProxy, ModelService, ProviderSettingsArgs"


def rows(rounds: int) -> tuple[list[Row], list[str]]:
    """Measure starts in an environment with the package and what it needs alone."""
    try:
        python = environment("bench-ours", str(ROOT), is_kept=False)
    except (subprocess.SubprocessError, OSError) as error:
        return [], [f"The starts were not measured: {type(error).__name__} while the package was installed.\n"]
    plugin = python.with_name("pulumi-resource-agentrun")
    said, answered, program, pulumi = [], [], [], []
    for _ in range(rounds + 1):
        said.append(_said(plugin))
        answered.append(_answered(plugin))
        program.append(measure(python, PROGRAM)[0])
        pulumi.append(measure(python, "import pulumi")[0])
    # The first of each has read the disk.
    bound = [BOUND] * rounds
    return [
        Row(
            "start: the plugin's --version, beside the bound",
            said[1:],
            bound,
            unit="ms",
            most=1,
            drawn_as="plugin: --version",
        ),
        Row(
            "start: the plugin's first answers, beside the bound",
            answered[1:],
            bound,
            unit="ms",
            most=1,
            drawn_as="plugin: first answers",
        ),
        Row(
            "start: import of what a program needs, beside Pulumi's alone",
            program[1:],
            pulumi[1:],
            most=1.3,
            drawn_as="import of a program",
        ),
    ], []


def _said(plugin: Path) -> float:
    started = time.perf_counter()
    subprocess.run([plugin, "--version"], check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - started) * 1000


def _answered(plugin: Path) -> float:
    """Return the milliseconds until a plugin has said what it is and taken a configuration."""
    configuration = Struct()
    configuration.update({"region": "cn-hangzhou"})
    started = time.perf_counter()
    with subprocess.Popen([plugin, "127.0.0.1:1"], text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
                stub = ResourceProviderStub(channel)
                stub.GetPluginInfo(Empty())
                stub.Configure(ConfigureRequest(args=configuration))
            return (time.perf_counter() - started) * 1000
        finally:
            process.kill()
