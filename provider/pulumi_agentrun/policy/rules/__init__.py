"""All rules, a module for each concern."""

from __future__ import annotations

from ..rule import Rule
from . import conventions, lifetimes, limits, models, resilience, security, shares, stack, upkeep

RULES: tuple[Rule, ...] = (
    *models.RULES, *security.RULES, *limits.RULES, *shares.RULES, *conventions.RULES, *stack.RULES,
    *resilience.RULES, *lifetimes.RULES, *upkeep.RULES,
)  # fmt: skip
