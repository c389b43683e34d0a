"""Breaks the policies' rules one way at a time; fails if their cases notice too little of it."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from pulumi_agentrun.policy import rules
from pulumi_agentrun.policy.testing import mutated

TESTS = Path(__file__).parents[1] / "tests"
LEAST = 90
"""Percent."""


def main() -> int:
    """Print what no case notices and how much is noticed; return 1 if that is too little."""
    sys.path.insert(0, str(TESTS))
    from unit.policy_cases import checks

    modules = [import_module(f"{rules.__name__}.{found.name}") for found in iter_modules(rules.__path__)]
    score = mutated(modules, list(checks()))
    for survivor in score.survivors:
        print(f"  {survivor}")
    print(f"  {score.share:.1f} % of {score.mutants} ways to break a rule are noticed; {LEAST} % must be")
    return 0 if score.share >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
