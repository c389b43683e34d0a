"""Lists end with every item once, whatever the service does with its pages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_agentrun.client import errors, operations
from pulumi_agentrun.client.models import ModelService, ModelServiceListInput
from pulumi_agentrun.client.pages import MOST, Pages


def page(*names: str, total: int | None = None) -> operations.Page[ModelService]:
    return operations.Page([ModelService(model_service_name=name) for name in names], total)


def listed(service: Any, first: int | None = None) -> tuple[list[str | None], list[int]]:
    """Go through the pages that a service gives for page numbers; return the names, and the pages asked for."""
    pages: Pages[ModelService] = Pages(ModelServiceListInput(page_number=first, page_size=50))
    names, asked = [], []
    while pages.next is not None:
        number = pages.next.page_number or 1
        asked.append(number)
        names += [item.model_service_name for item in pages.take(service(number))]
    return names, asked


def test_pages_end_by_what_came_and_not_by_what_was_asked() -> None:
    names = [f"s{number}" for number in range(45)]
    assert listed(lambda n: page(*names[20 * n - 20 : 20 * n], total=45)) == (names, [1, 2, 3])
    assert listed(lambda n: page(*names[20 * n - 20 : 20 * n])) == (names, [1, 2, 3, 4])
    assert listed(lambda n: page(*names[20 * n - 20 : 20 * n], total=45), 3)[0] == names[40:]
    assert listed(lambda n: page(total=0)) == ([], [1])
    assert listed(lambda n: page()) == ([], [1])


def test_a_service_that_ignores_the_page_number_ends_the_list() -> None:
    assert listed(lambda n: page("a", "b")) == (["a", "b"], [1, 2])
    assert listed(lambda n: page("a", "b", total=9))[0] == ["a", "b"]
    same = operations.Page([ModelService(), ModelService(status="READY"), ModelService()], None)
    assert listed(lambda n: same) == ([None] * 3, [1, 2])


def test_pages_that_shift_show_each_item_once() -> None:
    """Items that are created meanwhile push others to the next page; deleted ones pull them to the one before."""
    names = [f"s{number:02}" for number in range(52)]
    pushed = [names[n : n + 10] for n in (0, 8, 16, 24, 32, 40, 48)]
    assert listed(lambda n: page(*(pushed[n - 1] if n <= 7 else []), total=52))[0] == names

    def pulling(number: int) -> operations.Page[ModelService]:
        pulling.calls += 1  # type: ignore[attr-defined]
        left = names if pulling.calls == 1 else names[1:]  # type: ignore[attr-defined]
        return page(*left[10 * number - 10 : 10 * number], total=len(left))

    pulling.calls = 0  # type: ignore[attr-defined]
    assert sorted(filter(None, listed(pulling)[0])) == names


def test_a_list_without_an_end_is_an_error() -> None:
    with pytest.raises(errors.AgentRunError, match=f"list of model services has no end: after {MOST} pages"):
        listed(lambda n: page(f"s{n}"))


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=4), max_size=8), st.none() | st.integers(0, 9))
def test_any_pages_end_with_no_item_twice(pages: list[list[str]], total: int | None) -> None:
    names, asked = listed(lambda n: page(*(pages[n - 1] if n <= len(pages) else []), total=total))
    assert len(names) == len(set(names))
    assert len(asked) <= 2 * len(pages) + 2


def shown(name: str | None, id: str | None = None, **more: Any) -> ModelService:
    return ModelService(model_service_name=name, model_service_id=id, **more)


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([[shown("", "1"), shown("", "2")], [shown("", "2"), shown("", "3")]], 3),
        ([[shown("a", ""), shown("b", "")], [shown("b", ""), shown("c", "")]], 3),
        ([[shown(None, "1"), shown("b", "2")], [shown("a", "1"), shown(None, "2")]], 2),
        ([[shown("a", "0"), shown("b", "0")], [shown("c", "0")]], 3),
        ([[shown("", ""), shown("", "")], [shown("", ""), shown("", "")]], 2),
    ],
    ids=["empty names", "empty ids", "a name on one page only", "one id for all", "nothing to know them by"],
)
def test_an_item_is_known_again_by_whatever_it_shows(pages: list[list[ModelService]], expected: int) -> None:
    names, _ = listed(lambda n: operations.Page(pages[n - 1] if n <= len(pages) else [], None))
    assert len(names) == expected
