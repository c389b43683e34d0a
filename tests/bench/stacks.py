"""Stacks of many resources on the real engine: overhead, waiting, growth, and the provider's memory."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from importlib import metadata
from pathlib import Path

from e2e.project import DOORS, PACK, Project
from e2e.served import CREDENTIALS

from bench.reference import official
from bench.report import Row

PROGRAM = """
for i in range({count}):
    ModelService(
        f"service-{{i}}", model_service_name=f"service-{{i}}", model_type="llm", provider="tongyi", description="d",
        provider_settings={{
            "base_url": "https://a.example/v1", "api_key": pulumi.Output.secret("sk"), "model_names": ["m"],
        }},
    )
"""
GUARDED = """
for i in range({count}):
    ModelService(
        f"service-{{i}}", model_service_name=f"service-{{i}}", model_type="llm", provider="tongyi", description="d",
        credential_name="team", provider_settings={{"base_url": "https://a.example/v1", "model_names": ["m"]}},
        network_configuration={{
            "network_mode": "PRIVATE", "vpc_id": "vpc-1", "vswitch_ids": ["vsw-1"], "security_group_id": "sg-1",
        }},
        opts=pulumi.ResourceOptions(protect=True),
    )
"""
"""Services that break no rule of `production`, but that no proxy here uses them."""
PROVIDERS = (b"pulumi.dynamic", b"pulumi-resource-agentrun")
NO_POLICIES = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

nothing = ResourceValidationPolicy("nothing", "Nothing.", lambda args, report: None, EnforcementLevel.ADVISORY)
PolicyPack("nothing", [nothing])
"""
TESTS = Path(__file__).parents[1]
NOTHING, ASKING = "nothing ", "asking "
"""Before the name of a door: its references."""
PLUGIN = """\
#!{python}
import asyncio, sys

sys.path.append("{tests}")
from bench.reference import plugin

asyncio.run(plugin.serve("{version}", asks={asks}))
"""
PROGRAM_OF_OURS = "from pulumi_agentrun import ModelProxy, ModelService"
GROWTH = """\
## Growth

Seconds of each command by the number of services in one stack, and what each further service adds at the end. That
`up` and `destroy` grow faster than the stack is the engine's doing: its file backend writes all of state after each
step, whatever the provider. Memory is the most that the provider's process had.
"""
TITLES = {"dynamic": "dynamic door", "plugin": "plugin"}


class Bench:
    """Projects in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def project(self, door: str, count: int, *, latency: float = 0.0, endpoint: str = "file://platform") -> Project:
        """Return a project with so many services, of ours or, if asked, of one of the door's references."""
        self._count += 1
        folder = self._folder / f"p{self._count}"
        reference, _, own = door.rpartition(" ")
        project = Project(folder, self._folder / "home", {"agentrun:endpoint": endpoint}, own)
        if latency:
            project.platform.switch(latency=latency)
        [(key, secret)] = CREDENTIALS.items()
        there = endpoint.partition("://")[2]
        project.env |= {"AGENTRUN_ACCESS_KEY_ID": key, "AGENTRUN_ACCESS_KEY_SECRET": secret, official.ENDPOINT: there}
        project.program(PROGRAM.format(count=count))
        if reference and own == "dynamic":
            project.env["PYTHONPATH"] = str(TESTS)
            program = folder / "__main__.py"
            imported = f"from bench.reference.{reference} import ModelService"
            program.write_text(program.read_text().replace(PROGRAM_OF_OURS, imported))
        if reference and own == "plugin":
            found = _plugin(folder / "bin", asks=door.startswith(ASKING))
            project.env["PATH"] = os.pathsep.join([str(found), project.env["PATH"]])
        return project


def _plugin(folder: Path, *, asks: bool) -> Path:
    """Write a plugin of the references under the name of ours; return the folder to find it in."""
    folder.mkdir()
    file = folder / "pulumi-resource-agentrun"
    version = metadata.version("pulumi-agentrun")
    file.write_text(PLUGIN.format(python=sys.executable, tests=TESTS, version=version, asks=asks))
    file.chmod(0o755)
    return folder


def timed(run: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _up(project: Project, *args: str) -> float:
    return timed(lambda: project.pulumi("up", "--yes", "--skip-preview", "--stack", "dev", *args))


def _preview(project: Project, *args: str) -> float:
    return timed(lambda: project.pulumi("preview", "--stack", "dev", *args))


COMMANDS: dict[str, tuple[str, ...]] = {
    "up": ("up", "--yes", "--skip-preview"),
    "preview": ("preview",),
    "preview --refresh": ("preview", "--refresh"),
    "up --refresh": ("up", "--yes", "--skip-preview", "--refresh"),
    "destroy": ("destroy", "--yes", "--skip-preview"),
}
"""What people wait for, in the order of a stack's life."""
FELT = ("up", "preview", "preview --refresh", "destroy")


def commands(bench: Bench, served: Callable[[], AbstractContextManager[int]], count: int, rounds: int) -> list[Row]:
    """Compare each command on services of a served platform with the same through the references."""
    doors = [name for door in DOORS for name in (door, NOTHING + door, ASKING + door)]
    found = {(door, verb): list[float]() for door in doors for verb in COMMANDS}
    for _ in range(rounds):
        for door in doors:
            with served() as port:
                project = bench.project(door, count, endpoint=f"http://127.0.0.1:{port}")
                for verb, command in COMMANDS.items():
                    found[door, verb].append(timed(partial(project.pulumi, *command, "--stack", "dev")))
    rows = []
    for verb in COMMANDS:
        for door in DOORS:
            title, ours, is_felt = f"{verb}, {count} services, ", found[door, verb], door == "dynamic" and verb in FELT
            nothing, asking = found[NOTHING + door, verb], found[ASKING + door, verb]
            rows.append(
                Row(title + TITLES[door], ours, nothing, most=1.1, is_felt=is_felt, drawn_as=f"{verb} of {count}")
            )
            rows.append(Row(f"{title}beside the official client, {TITLES[door]}", ours, asking, most=1.1))
    return rows


def policies(bench: Bench, count: int, rounds: int) -> list[Row]:
    """Compare previews of new services with all rules of `production`, with a pack of nothing, and without any."""
    settings = {"agentrun-unused-services": {"external": ["service-*"]}}
    found: dict[str, tuple[list[float], list[float], list[float]]] = {}
    for door in DOORS:
        project = bench.project(door, count)
        project.program(GUARDED.format(count=count))
        file = project.folder / "policies.json"
        file.write_text(json.dumps(settings))
        options = ("--policy-pack", str(PACK), "--policy-pack-config", str(file))
        project.env["AGENTRUN_POLICIES"] = "production"
        _preview(project)  # makes the platform, and reads the disk
        found[door] = [], [], []
        for _ in range(rounds):
            found[door][0].append(_preview(project, *options))
            found[door][1].append(_preview(project, "--policy-pack", str(_empty_pack(project.folder / "pack"))))
            found[door][2].append(_preview(project))
    title = f"preview of {count} services with all policies, "
    return [
        row
        for door, (full, empty, none) in found.items()
        for row in (
            Row(f"{title}{TITLES[door]}", full, none, most=1.25, drawn_as="preview with all policies"),
            Row(f"{title}beside a pack of nothing, {TITLES[door]}", full, empty, most=1.1),
        )
    ]


def _empty_pack(folder: Path) -> Path:
    """Return a pack of Pulumi's SDK with one policy that does nothing: what any pack in Python costs."""
    folder.mkdir(exist_ok=True)
    (folder / "PulumiPolicy.yaml").write_text("description: Nothing.\nruntime: python\n")
    (folder / "__main__.py").write_text(NO_POLICIES)
    return folder


def waiting(bench: Bench, count: int, rounds: int) -> list[Row]:
    """Compare services of 2 s each with one such service plus a provider that does nothing so often."""
    found: dict[str, list[float]] = {door: [] for door in DOORS}
    references: dict[str, list[float]] = {door: [] for door in DOORS}
    for _ in range(rounds):
        nothing = _up(bench.project(NOTHING + "dynamic", count), "--parallel", str(count))
        for door in DOORS:
            found[door].append(_up(bench.project(door, count, latency=2.0), "--parallel", str(count)))
            references[door].append(_up(bench.project(door, 1, latency=2.0)) + nothing)
    title = f"up of {count} services of 2 s, "
    return [
        Row(title + TITLES[door], found[door], references[door], most=1.3, drawn_as="up of slow services")
        for door in DOORS
    ]


def growth(bench: Bench, counts: list[int]) -> str:
    """Return a table of how times grow with a stack, and the memory of the provider at its largest."""
    lines = [GROWTH, f"| | {' | '.join(map(str, counts))} | each further |", "|---|" + "---|" * (len(counts) + 1)]
    alone = [_up(bench.project(NOTHING + "dynamic", count)) for count in counts]
    lines.append(
        f"| up, a provider that does nothing | {' | '.join(f'{s:.2f}' for s in alone)} | {_slope(alone, counts)} |"
    )
    for door in DOORS:
        times: dict[str, list[float]] = {verb: [] for verb in ("up", "up again", "refresh", "destroy")}
        memories = []
        for count in counts:
            project = bench.project(door, count)
            watch = Watch()
            times["up"].append(_up(project))
            memories.append(watch.stop())
            times["up again"].append(_up(project))
            times["refresh"].append(timed(project.refresh))
            times["destroy"].append(timed(project.destroy))
        for verb, values in times.items():
            shown = " | ".join(f"{value:.2f}" for value in values)
            lines.append(f"| {verb}, {TITLES[door]} | {shown} | {_slope(values, counts)} |")
        lines.append(f"| memory, {TITLES[door]} (MB) | {' | '.join(f'{m:.0f}' for m in memories)} | |")
    return "\n".join(lines) + "\n"


def _slope(values: list[float], counts: list[int]) -> str:
    return f"{(values[-1] - values[-2]) / (counts[-1] - counts[-2]) * 1000:.1f} ms"


class Watch:
    """Watches the memory of provider processes while an operation runs."""

    def __init__(self) -> None:
        self._most = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def stop(self) -> float:
        """Return the most megabytes that one of them had."""
        self._done.set()
        self._thread.join()
        return self._most

    def _look(self) -> None:
        while not self._done.wait(0.1):
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    if any(name in (process / "cmdline").read_bytes() for name in PROVIDERS):
                        peak = re.search(r"VmHWM:\s*(\d+)", (process / "status").read_text())
                        self._most = max(self._most, int(peak[1]) / 1024 if peak else 0.0)
                except OSError:
                    continue  # it has just ended
