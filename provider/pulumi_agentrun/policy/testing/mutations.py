"""Breaks rules one way at a time and says which of it no case notices."""

from __future__ import annotations

import ast
import inspect
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

_PATIENCE = 5.0
"""Seconds that one case may take of a rule that is broken: it may never end."""
_Function = ast.FunctionDef


@dataclass(frozen=True)
class Mutant:
    """One way in which one function is broken."""

    module: str
    function: str
    line: int
    change: str
    code: CodeType = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.function} {self.change}, and no case notices"


@dataclass(frozen=True)
class Score:
    """What came of breaking rules."""

    mutants: int
    survivors: tuple[Mutant, ...]
    """What no case noticed."""

    @property
    def share(self) -> float:
        """How much of it was noticed, in percent."""
        return 100 * (1 - len(self.survivors) / self.mutants)


def mutated(modules: Sequence[ModuleType], checks: Sequence[Callable[[], object]]) -> Score:
    """Return what checks notice of each function in some modules that is emptied, or has a condition
    negated or one of several left out.

    A check raises whatever it likes once it notices something. Those that do so of functions as they are prove nothing:
    raises what they raise. In the main thread a check that does not end counts as one that notices, elsewhere it hangs.

    :param modules: Those that the rules are in; what they import is not touched.
    :raises ValueError: There is no check, or no function to break: that would prove nothing.
    """
    if not checks:
        raise ValueError("There is no check that could notice a broken rule: give the cases' checks.")
    functions = {(module.__name__, name): function for module in modules for name, function in _functions(module)}
    users = _users(functions.values(), checks)
    total, survivors = 0, []
    for module in modules:
        for mutant in _mutants(module):
            function = functions.get((mutant.module, mutant.function))
            if function is None:
                continue
            total += 1
            if not _is_noticed(function, mutant.code, users.get(function.__code__, [])):
                survivors.append(mutant)
    if not total:
        raise ValueError("There is no function in these modules that could be broken: give the rules' own modules.")
    return Score(total, tuple(survivors))


def _is_noticed(function: FunctionType, code: CodeType, checks: Sequence[Callable[[], object]]) -> bool:
    whole = function.__code__
    function.__code__ = code
    try:
        for check in checks:
            with _timed():
                check()
    except Exception:
        return True
    finally:
        function.__code__ = whole
    return False


@contextmanager
def _timed() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _users(functions: Any, checks: Sequence[Callable[[], object]]) -> dict[CodeType, list[Callable[[], object]]]:
    """Return which checks run which functions."""
    users: dict[CodeType, list[Callable[[], object]]] = {function.__code__: [] for function in functions}
    for check in checks:
        ran: set[CodeType] = set()

        def note(frame: FrameType, event: str, _: Any, ran: set[CodeType] = ran) -> None:
            if event == "call":
                ran.add(frame.f_code)

        before = sys.getprofile()
        sys.setprofile(note)
        try:
            check()
        finally:
            sys.setprofile(before)
        for code in ran & users.keys():
            users[code].append(check)
    return users


def _functions(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """Yield the functions and methods that a module defines, by what it calls them."""
    for name, value in vars(module).items():
        if inspect.isfunction(value) and value.__module__ == module.__name__:
            yield name, value
        elif inspect.isclass(value) and value.__module__ == module.__name__:
            for inner, method in [*vars(value).items()]:  # pydantic completes a class while it is looked at
                plain = getattr(method, "__func__", method.fget if isinstance(method, property) else method)
                if inspect.isfunction(plain) and plain.__module__ == module.__name__:
                    yield f"{name}.{inner}", plain


def _mutants(module: ModuleType) -> Iterator[Mutant]:
    tree = ast.parse(inspect.getsource(module))
    for path, function in _defined(tree):
        for line, change, broken in _breaks(function):
            body = deepcopy(tree)
            _replace(body, path, broken)
            whole = compile(ast.fix_missing_locations(body), inspect.getfile(module), "exec")
            yield Mutant(module.__name__, ".".join(path), line, change, _found(whole, path))


def _defined(tree: ast.Module) -> Iterator[tuple[tuple[str, ...], _Function]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield (node.name,), node
        elif isinstance(node, ast.ClassDef):
            yield from (((node.name, inner.name), inner) for inner in node.body if isinstance(inner, ast.FunctionDef))


def _breaks(function: _Function) -> Iterator[tuple[int, str, _Function]]:
    """Yield a function broken in each way, with the line and the words for it."""
    if not function.name.startswith("__"):
        yield function.lineno, "is emptied", _emptied(function)
    for index, node in enumerate(ast.walk(function)):
        for name in _conditions(node):
            broken, twin = _copied(function, index)
            where = _negate(twin, name)
            yield where, f"has its condition in line {where} negated", broken
        for number in range(len(node.values) if isinstance(node, ast.BoolOp) else 0):
            broken, twin = _copied(function, index)
            where = _leave_out(twin, number)
            yield where, f"has part {number + 1} of its condition in line {where} left out", broken


def _copied(function: _Function, index: int) -> tuple[_Function, Any]:
    """Return a copy of a function, and a node in it."""
    broken = deepcopy(function)
    return broken, next(node for place, node in enumerate(ast.walk(broken)) if place == index)


def _conditions(node: ast.AST) -> Iterator[str | int]:
    """Yield where a node has conditions: the names of its fields, or the indexes of a comprehension's."""
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield "test"
    elif isinstance(node, ast.comprehension):
        yield from range(len(node.ifs))
    elif isinstance(node, ast.match_case) and node.guard is not None:
        yield "guard"
    elif isinstance(node, ast.Return) and isinstance(node.value, (ast.Compare, ast.BoolOp)):
        yield "value"


def _negate(node: Any, where: str | int) -> int:
    condition: ast.expr = node.ifs[where] if isinstance(where, int) else getattr(node, where)
    negated = ast.copy_location(ast.UnaryOp(ast.Not(), condition), condition)
    if isinstance(where, int):
        node.ifs[where] = negated
    else:
        setattr(node, where, negated)
    return condition.lineno


def _leave_out(node: ast.BoolOp, number: int) -> int:
    """Put in place of one operand what decides nothing."""
    left_out = node.values[number]
    node.values[number] = ast.copy_location(ast.Constant(isinstance(node.op, ast.And)), left_out)
    return left_out.lineno


def _emptied(function: _Function) -> _Function:
    """Return a function that finds nothing: a generator of nothing, or what holds nothing and is not true."""
    broken = deepcopy(function)
    own = [node for node in _within(function) if isinstance(node, (ast.Yield, ast.YieldFrom))]
    text = "return\nyield" if own else "return ()"
    broken.body = ast.parse(f"def f():\n  {text.replace(chr(10), chr(10) + '  ')}").body[0].body  # type: ignore[attr-defined]
    return broken


def _within(function: _Function) -> Iterator[ast.AST]:
    """Yield what is in a function and in no function inside it."""
    todo: list[ast.AST] = [*function.body]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            todo += ast.iter_child_nodes(node)


def _replace(tree: ast.Module, path: tuple[str, ...], function: _Function) -> None:
    body: list[ast.stmt] = tree.body
    for name in path[:-1]:
        body = next(node.body for node in body if isinstance(node, ast.ClassDef) and node.name == name)
    [index] = [i for i, node in enumerate(body) if isinstance(node, ast.FunctionDef) and node.name == path[-1]]
    body[index] = function


def _found(code: CodeType, path: tuple[str, ...]) -> CodeType:
    for name in path:
        code = next(part for part in code.co_consts if isinstance(part, CodeType) and part.co_name == name)
    return code
