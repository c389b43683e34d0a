"""Runs the comparisons; the exit code says whether all is as docs/gateway.md says.

Each side that is not ours has an environment of its own in `.oracle`, made once. LiteLLM is pinned with hashes, for
1.82.7 and 1.82.8 were malicious: `litellm.lock` is what `uv pip compile --universal --python-version 3.10
--generate-hashes` makes of `litellm==1.81.0`.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from oracle.official import SDK, answered, expected
from oracle.routers import compared
from oracle.table import CASES
from oracle.written import loaded

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".oracle"


def environment(name: str, *what: str) -> Path:
    """Return the Python of an environment with some packages, made if it is missing."""
    folder = ENVIRONMENTS / name
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        print(f"Installing {name} into {folder} (a minute, once)")
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what], check=True)
        done.touch()
    return python


def main() -> int:
    """Compare, print a line each, and return the exit code."""
    wrong = 0
    print(f"{len(CASES)} configurations, here and by LiteLLM's Router 1.81.0:")
    litellm = environment("litellm", "--require-hashes", "-r", str(HERE / "litellm.lock"))
    for case, difference in compared(litellm):
        known = bool(difference) and bool(case.differs)
        said = "differs as documented" if known else difference or ("no longer differs" if case.differs else "same")
        wrong += bool(difference) != bool(case.differs)
        print(f"  {case.name}: {said}")
    print("what explain --format litellm writes of imported gateways, in LiteLLM's Router:")
    for name, difference in loaded(litellm):
        wrong += bool(difference)
        print(f"  {name}: {difference or 'offered as here'}")
    print(f"{SDK} calls a served platform:")
    for way, text in answered(environment("sdk", SDK)).items():
        wrong += text != expected(way)
        print(f"  {way}: {'answered' if text == expected(way) else text}")
    print(f"{wrong} not as documented" if wrong else "all as documented")
    return int(wrong > 0)


sys.exit(main())
