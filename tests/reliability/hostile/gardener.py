"""Makes up programs and changes them at random: resources are added, changed, replaced, renamed and removed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from reliability.hostile.declared import Declared

_WORDS = ("one", "two", "three", "four", None)
_PROVIDERS = ("tongyi", "openai", "deepseek")


class Gardener:
    """Keeps a program of about so many resources; no logical name is ever used again."""

    def __init__(self, size: int) -> None:
        self.program: list[Declared] = []
        self._size = size
        self._count = 0

    def tend(self, dice: random.Random) -> int:
        """Fill the program up, or change some of it; return how many changes were made."""
        missing = self._size - len(self.program)
        if missing > self._size // 2:
            for _ in range(missing):
                self._add(dice)
            return missing
        changes: list[Callable[[random.Random], None]] = [
            self._add, self._remove, self._describe, self._describe, self._replace, self._rename,
        ]  # fmt: skip
        count = dice.randint(1, max(2, self._size // 15))
        for _ in range(count):
            dice.choice(changes[:1] if len(self.program) < self._size * 0.9 else changes)(dice)
        return count

    def settle(self) -> None:
        """Forget what resources were called before, once state has their new names."""
        self.program = [replace(declared, old="") for declared in self.program]

    def _add(self, dice: random.Random) -> None:
        self._count += 1
        number = self._count
        name = f"named-{number}" if dice.random() < 0.3 else None
        services = [declared.variable for declared in self.program if declared.kind == "service"]
        text = dice.choice(_WORDS)
        if services and dice.random() < 0.3:
            proxy = Declared(f"gateway-{number}", name, "proxy", description=text, of=dice.choice(services))
            self.program.append(proxy)
        else:
            provider = dice.choice(_PROVIDERS)
            self.program.append(Declared(f"service-{number}", name, provider=provider, description=text))

    def _remove(self, dice: random.Random) -> None:
        used = {declared.of for declared in self.program}
        free = [declared for declared in self.program if declared.variable not in used]
        if free:
            self.program.remove(dice.choice(free))

    def _describe(self, dice: random.Random) -> None:
        self._change(dice, lambda declared: replace(declared, description=dice.choice(_WORDS)))

    def _replace(self, dice: random.Random) -> None:
        def other(declared: Declared) -> Declared:
            if declared.kind == "service":
                return replace(declared, provider=dice.choice([p for p in _PROVIDERS if p != declared.provider]))
            return replace(declared, more="" if declared.more else "memory=2048")

        self._change(dice, other)

    def _rename(self, dice: random.Random) -> None:
        index = dice.randrange(len(self.program))
        before = self.program[index]
        if before.old:
            return
        self._count += 1
        after = replace(before, logical=f"{before.kind}-{self._count}-renamed", old=before.logical)
        self.program[index] = after
        self.program = [
            replace(declared, of=after.variable) if declared.of == before.variable else declared
            for declared in self.program
        ]

    def _change(self, dice: random.Random, change: Callable[[Declared], Declared]) -> None:
        index = dice.randrange(len(self.program))
        self.program[index] = change(self.program[index])
