"""Our client beside the official ones: calls to a served platform, lists, and the price of an import."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from alibabacloud_agentrun20250910 import models as api
from alibabacloud_agentrun20250910.client import Client as Official
from alibabacloud_tea_openapi.models import Config as OfficialConfig
from e2e.served import CREDENTIALS
from pulumi_agentrun.client import BackendType, Config, ModelClient, ModelServiceCreateInput, ModelServiceListInput
from pulumi_agentrun.client.credentials import Credentials
from pulumi_agentrun.client.signature import Signature
from pydantic import SecretStr

from bench.report import ROOT, Row

SDK = "agentrun-sdk==0.0.54"
AT_ONCE = 64
[(KEY, SECRET)] = CREDENTIALS.items()
Times = tuple[float, float]
"""Milliseconds a call: on the clock, and of the client's processor time."""
SETTINGS = {"base_url": "https://a.example/v1", "api_key": "sk", "model_names": ["m"]}


@contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[int, int]]:
    """Serve a platform in a process of its own; give its port, and the process's id."""
    command = [sys.executable, "-m", "pulumi_agentrun.platform", "--port", "0", "--data", str(folder), *options]
    env = os.environ | {"AGENTRUN_PLATFORM_CREDENTIAL": ":".join([KEY, SECRET])}
    process = subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield int(line.strip().rsplit(":", 1)[1].strip("/")), process.pid
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def platform(folder: Path) -> Iterator[int]:
    """Serve a platform without anything in it; give its port."""
    with tempfile.TemporaryDirectory(dir=folder) as data, served(Path(data)) as (port, _):
        yield port


def ours(port: int, scheme: str = "http") -> ModelClient:
    """Return our client."""
    endpoint = f"{scheme}://127.0.0.1:{port}"
    return ModelClient(Config(endpoint=endpoint, access_key_id=KEY, access_key_secret=SecretStr(SECRET)))


def official(port: int, ca: str | None = None) -> Official:
    """Return the official low-level client, over TLS if it is told whose certificates to trust."""
    there, protocol = f"127.0.0.1:{port}", "HTTPS" if ca else "HTTP"
    return Official(
        OfficialConfig(access_key_id=KEY, access_key_secret=SECRET, endpoint=there, protocol=protocol, ca=ca)
    )


def creation(name: str) -> ModelServiceCreateInput:
    """Return what makes a service."""
    return ModelServiceCreateInput(model_service_name=name, model_type="llm", provider="p", provider_settings=SETTINGS)


def _request(name: str) -> api.CreateModelServiceRequest:
    settings = api.ProviderSettings(base_url="https://a.example/v1", api_key="sk", model_names=["m"])
    return api.CreateModelServiceRequest(
        body=api.CreateModelServiceInput(
            model_service_name=name, model_type="llm", provider="p", provider_settings=settings
        )
    )


def calls(folder: Path, count: int, rounds: int) -> list[Row]:
    """Compare calls, one after the other and 64 at a time."""
    found: dict[str, tuple[list[Times], list[Times]]] = {}
    alone: dict[str, list[Times]] = {"get, one after the other": [], "get, 64 at a time": []}
    with served(folder) as (port, _), ours(port) as mine:
        theirs = official(port)
        mine.create(creation("there"))
        theirs.get_model_service("there")
        for number in range(rounds):

            def mark(side: str, number: int = number) -> str:
                return f"{side}-{number}"

            pairs: dict[str, tuple[Callable[[int], object], Callable[[int], object]]] = {
                "get, one after the other": (
                    lambda i: mine.get("there", BackendType.SERVICE), lambda i: theirs.get_model_service("there"),
                ),
                "create, one after the other": (
                    lambda i: mine.create(creation(f"{mark('m')}-{i}")),
                    lambda i: theirs.create_model_service(_request(f"{mark('t')}-{i}")),
                ),
            }  # fmt: skip
            for what, (my, their) in pairs.items():
                ups = found.setdefault(what, ([], []))
                ups[0].append(each(my, count))
                ups[1].append(each(their, count))
            asynchronous: dict[str, tuple[Callable[[int], Awaitable[object]], Callable[[int], Awaitable[object]]]] = {
                "get, 64 at a time": (
                    lambda i: mine.get_async("there", BackendType.SERVICE),
                    lambda i: theirs.get_model_service_async("there"),
                ),
                "create, 64 at a time": (
                    lambda i: mine.create_async(creation(f"{mark('am')}-{i}")),
                    lambda i: theirs.create_model_service_async(_request(f"{mark('at')}-{i}")),
                ),
            }
            for what, (my_own, their_own) in asynchronous.items():
                ups = found.setdefault(what, ([], []))
                ups[0].append(asyncio.run(together(my_own, count)))
                ups[1].append(asyncio.run(together(their_own, count)))
            with httpx.Client() as client:
                requests = _signed(port, count)
                alone["get, one after the other"].append(each(lambda i: client.send(requests[i]), count))  # noqa: B023
            alone["get, 64 at a time"].append(asyncio.run(_httpx_together(_signed(port, count))))
    rows = []
    for what, (mine_, theirs_) in found.items():
        drawn = f"client: processor time, {what.partition(', ')[2]}"
        # On the clock both wait for the same platform; the processor's time is the client's own.
        rows.append(Row(f"client: {what}", [m[0] for m in mine_], [t[0] for t in theirs_], unit="ms"))
        rows.append(
            Row(
                f"its own CPU time: {what}",
                [m[1] for m in mine_],
                [t[1] for t in theirs_],
                unit="ms",
                most=1,
                drawn_as=drawn,
            )
        )
    for what, times in alone.items():
        mine_, _ = found[what]
        title = f"its own CPU time: {what}, beside httpx alone with requests signed before"
        rows.append(Row(title, [m[1] for m in mine_], [t[1] for t in times], unit="ms"))
    return rows


def platform_rows(folder: Path, count: int, there: int, rounds: int) -> tuple[list[Row], list[str]]:
    """Measure what a call costs the served platform with few and with many services, and its memory meanwhile."""
    with served(folder) as (port, process), ours(port) as mine:
        mine.create(creation("there"))
        asked: Callable[[int], Awaitable[object]] = lambda i: mine.get_async("there", BackendType.SERVICE)  # noqa: E731
        asyncio.run(_cost(asked, count, process))
        few = [asyncio.run(_cost(asked, count, process)) for _ in range(rounds)]
        before = _megabytes(process)
        with ModelClient(Config(endpoint=f"file://{folder}")) as direct:
            for index in range(there):
                direct.create(creation(f"s-{index}"))
        many = [asyncio.run(_cost(asked, count, process)) for _ in range(rounds)]
        after = _megabytes(process)
    title = f"platform: its processor time a get, with {there:,} services beside 1"
    row = Row(title, many, few, unit="ms", most=1.2, drawn_as="platform with many services")
    calls = count * rounds
    note = (
        f"The served platform had {before:.0f} MB after {calls:,} calls, {AT_ONCE} at a time, and {after:.0f} MB "
        "after twice as many.\n"
    )
    return [row], [note]


async def _cost(call: Callable[[int], Awaitable[object]], count: int, process: int) -> float:
    """Return the milliseconds of processor time that a call takes the process that answers."""
    before = processor(process)
    await together(call, count)
    return (processor(process) - before) / count * 1000


def processor(pid: int) -> float:
    """Return the seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(pid: int) -> float:
    (found,) = re.findall(r"VmRSS:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found) / 1024


def _signed(port: int, count: int) -> list[httpx.Request]:
    """Return requests such as our client sends."""
    signature = Signature(Credentials(KEY, SECRET))
    url = f"http://127.0.0.1:{port}/2025-09-10/agents/model-services/there"
    headers = {"accept": "application/json", "x-acs-action": "GetModelService", "x-acs-version": "2025-09-10"}
    return [signature.prove(httpx.Request("GET", url, headers=headers)) for _ in range(count)]


async def _httpx_together(requests: list[httpx.Request]) -> Times:
    async with httpx.AsyncClient() as client:
        return await together(lambda i: client.send(requests[i]), len(requests))


def each(call: Callable[[int], object], count: int) -> Times:
    """Call one after the other."""
    started = time.perf_counter(), time.process_time()
    for index in range(count):
        call(index)
    return _since(started, count)


async def together(call: Callable[[int], Awaitable[object]], count: int) -> Times:
    """Call many at a time."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> None:
        async with slots:
            await call(index)

    started = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one(index) for index in range(count)))
    return _since(started, count)


def _since(started: Times, count: int) -> Times:
    clock, processor = started
    return (time.perf_counter() - clock) / count * 1000, (time.process_time() - processor) / count * 1000


def lists(folder: Path, counts: list[int]) -> str:
    """Return how the time to go through a list grows."""
    cells = []
    with ModelClient(Config(endpoint=f"file://{folder}")) as client:
        there = 0
        for count in counts:
            for index in range(there, count):
                client.create(creation(f"s-{index}"))
            there = count
            started = time.perf_counter()
            assert sum(1 for _ in client.iterate(ModelServiceListInput(page_size=100))) == count
            seconds = time.perf_counter() - started
            cells.append(f"| {count:,} | {seconds:.3f} s | {seconds / count * 1e6:.0f} µs |")
    head = "Going through a list of all services, 100 a page, in process:\n\n| items | time | each |\n|---|---|---|\n"
    return head + "\n".join(cells) + "\n"


MEASURE = """
import re, time
memory = lambda: int(re.search(r"VmRSS:\\s*(\\d+)", open("/proc/self/status").read())[1]) / 1024
before, started = memory(), time.perf_counter()
{statement}
print(time.perf_counter() - started, memory() - before)
"""
OURS = "from pulumi_agentrun.client import ModelClient, ModelServiceCreateInput"
THEIRS = "import agentrun.model"


def imports(rounds: int) -> tuple[list[Row], list[str]]:
    """Compare the imports, each in an environment with nothing else; that of the official SDK is made once."""
    try:
        my_python, their_python = environment("bench-ours", str(ROOT), is_kept=False), environment("bench-sdk", SDK)
    except (subprocess.SubprocessError, OSError) as error:
        return [], [f"The imports were not measured: {type(error).__name__} while {SDK} was installed.\n"]
    mine, theirs = [], []
    for _ in range(rounds + 1):
        mine.append(measure(my_python, OURS))
        theirs.append(measure(their_python, THEIRS))
    # The first of each has read the disk.
    rows = [
        Row(
            what,
            [m[i] for m in mine[1:]],
            [t[i] for t in theirs[1:]],
            unit=unit,
            most=0.1,
            drawn_as="import of the client",
        )
        for i, (what, unit) in enumerate((("import of the client: time", "s"), ("import of the client: memory", "MB")))
    ]
    return rows, []


def measure(python: Path, statement: str) -> tuple[float, float]:
    """Return the seconds and the megabytes that a statement takes in an interpreter of its own."""
    done = subprocess.run(
        [python, "-W", "ignore", "-c", MEASURE.format(statement=statement)],
        text=True, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    seconds, megabytes = done.stdout.split()[-2:]
    return float(seconds), float(megabytes)


def environment(name: str, *requirement: str, is_kept: bool = True) -> Path:
    """Return the interpreter of an environment in the user's cache that has one package and what it needs.

    :param requirement: As pip has it: the package, or a file of such, locked.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pulumi-agentrun" / name
    python, mark = cache / "bin" / "python", cache / "has"
    wanted = " ".join(requirement)
    if not mark.exists() or mark.read_text() != wanted or not is_kept:
        print(f"Installing {wanted} into an environment of its own", file=sys.stderr)
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(cache)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
        subprocess.run([*command, *requirement], check=True, timeout=900)
        mark.write_text(wanted)
    return python
