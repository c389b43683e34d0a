"""Goes through the pages of a list: each item comes once and the list ends, whatever the service does meanwhile.

Source: alibabacloud-agentrun20250910 5.7.5, `models.ListModelServicesOutput` and `models.ListModelProxiesOutput`. They
say nothing of the largest page, nor of what happens to pages while others write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Generic, TypeVar

from .errors import AgentRunError
from .kinds import kind_of
from .models import ListInput, SystemProps
from .operations import Page

R = TypeVar("R", bound=SystemProps)

MOST = 10_000
"""Pages of a list; one that has more is none that ends."""


class Pages(Generic[R]):
    """The way through a list from an input's page on.

    An item is known again by its name, or by its id where one of the two pages shows no name, for pages shift while
    others create and delete, and a service may ignore the number of a page: a page without news ends the list. (The
    page size asked for says nothing, for the service may cap that.) Should there have been more by the service's
    own count, its pages are read a second time, for what has moved to a page that was read before.
    """

    def __init__(self, input: ListInput[R]) -> None:
        kind = kind_of(input)
        self._name_field, self._id_field = kind.name_field, kind.id_field
        self._what = kind.collection.replace("-", " ")
        self._first = input
        self._asked = 0
        self._total: int | None = None
        self._left: int | None = None
        self._taken = 0
        self._names: set[str] = set()
        self._ids: dict[str, str] = {}
        """The names that ids came with, empty where there was none."""
        self._likes: set[tuple[str, int]] = set()
        self.next: ListInput[R] | None = input
        """The page to ask for, if the list goes on."""

    def take(self, page: Page[R]) -> list[R]:
        """Return what is new on the page that was asked for. Raises AgentRunError if the list has no end."""
        assert self.next is not None
        self._asked += 1
        items = list(self._new(page.items))
        if page.total is not None:
            self._total = max(page.total, self._total or 0)
        if self._total is not None and self._taken >= self._total:
            self.next = None
        elif self._left is None and items:
            self._go_on()
        elif self._left is None and self._total is not None and self._asked > 1:
            self._left, self.next = self._asked, self._first
        else:
            self._left = (self._left or 1) - 1
            if self._left:
                self._go_on()
            else:
                self.next = None
        return items

    def _go_on(self) -> None:
        assert self.next is not None
        if self._asked >= MOST:
            raise AgentRunError(f"The list of {self._what} has no end: after {MOST} pages there are more.")
        self.next = self.next.model_copy(update={"page_number": (self.next.page_number or 1) + 1})

    def _new(self, items: list[R]) -> Iterator[R]:
        alike: Counter[str] = Counter()
        for item in items:
            if self._is_new(item, alike):
                self._taken += 1
                yield item

    def _is_new(self, item: R, alike: Counter[str]) -> bool:
        name, id = getattr(item, self._name_field) or "", getattr(item, self._id_field) or ""
        if not name and not id:  # told from others by nothing but what it is, and how many of its like stand before it
            text = repr(item)
            alike[text] += 1
            key = (text, alike[text])
            known = key in self._likes
            self._likes.add(key)
            return not known
        known = (name in self._names or self._ids.get(id) == "") if name else id in self._ids
        if name:
            self._names.add(name)
        if id:
            self._ids[id] = name or self._ids.get(id, "")
        return not known
