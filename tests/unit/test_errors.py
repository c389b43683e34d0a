"""The tree of errors that the client raises, as it is drawn for people."""

from __future__ import annotations

from pulumi_agentrun.client import errors


def test_the_tree_that_is_drawn_is_the_whole_tree() -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    lines = [line for line in (errors.__doc__ or "").splitlines() if line.startswith(("├", "└", "│", "    "))]
    for line in lines:
        name = line.lstrip("├└│─ ").split()[0]
        depth = line.index(name) // 4 - 1
        above[depth:] = [name]
        drawn[name] = above[depth - 1] if depth else "AgentRunError"
    classes = [
        item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, errors.AgentRunError)
    ]
    classes.remove(errors.AgentRunError)
    assert drawn == {each.__name__: each.__bases__[0].__name__ for each in classes}
