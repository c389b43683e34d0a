"""A kit to test rules with, these and one's own: resources as Pulumi hands them to a pack, cases, mutations."""

from __future__ import annotations

from ...lifecycle.unknown import UNKNOWN
from .cases import Case, fails, near_miss, passes, uncovered, unsure
from .mutations import Mutant, Score, mutated
from .received import Told, told
from .resources import Door, Resource, Secret, declared

__all__ = [
    "UNKNOWN",
    "Case",
    "Door",
    "Mutant",
    "Resource",
    "Score",
    "Secret",
    "Told",
    "declared",
    "fails",
    "mutated",
    "near_miss",
    "passes",
    "told",
    "uncovered",
    "unsure",
]
