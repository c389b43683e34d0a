"""The platform as one object: routes a request, verifies it, lets its handler run, and answers."""

from __future__ import annotations

import json
import logging
import os
import time
import traceback
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from .answers import Answer, refusal, success
from .errors import BadRequest, ConnectionDropped, InternalServerError, NonceUsed, PlatformError
from .faults import Fault
from .handlers import Call
from .routes import ACTIONS, Operation, route
from .states import microseconds
from .store import FILE_NAME, Busy, Store, Tables
from .switches import Switches
from .verification import Headers, Nonces, Proof, Verifier

_LOG = logging.getLogger("pulumi_agentrun.platform")


@dataclass(frozen=True)
class _Request:
    method: str
    target: str
    headers: Headers
    body: bytes
    id: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def host(self) -> str:
        return self.headers.get("host")


class Platform:
    """The control API of AgentRun over the data in a directory; thread-safe, and several can share a directory."""

    def __init__(
        self,
        store: Store,
        verifier: Verifier,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        nonces: Nonces | None = None,
    ) -> None:
        """Answer from a store; nonces are kept there unless they are given, for this process alone."""
        self._store = store
        self._verifier = verifier
        self._clock = clock
        self._sleep = sleep
        self._nonces = nonces

    @classmethod
    def open(
        cls,
        directory: str | os.PathLike[str],
        credentials: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        is_served: bool = False,
    ) -> Platform:
        """Open the platform whose data is in a directory, made if it is missing.

        The credentials are secrets by access key id; a bearer token is accepted when it is one of the secrets. Where
        it `is_served` to others, used nonces are kept in the directory, for requests may be sent again after a restart.
        """
        return cls(Store(directory), Verifier(credentials, clock), clock, sleep, None if is_served else Nonces())

    def close(self) -> None:
        """Close the files; what is in the directory stays."""
        self._store.close()

    def handle(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, *, is_patient: bool = True
    ) -> Answer:
        """Answer a request; the target is the raw path and query, header values are decoded byte by byte.

        Raises ConnectionDropped when a fault says so. Raises Busy, with nothing done, where it would have to wait or
        look through all there is, for who is not patient.
        """
        request = _Request(method, target, Headers(headers), body, str(uuid.uuid4()).upper())
        started = time.perf_counter()
        action, status, code = "-", "-", "dropped"
        try:
            operation, name = route(
                method, request.path, request.headers.get("x-acs-version"), request.headers.get("x-acs-action")
            )
            action = operation.action
            answer, code = self._answer(request, operation, name, is_patient=is_patient)
            status = str(answer.status)
        except PlatformError as error:
            answer, status, code = refusal(error, request.id, request.host), str(error.status), error.code
        except ConnectionDropped:
            _log(request, action, status, code, started)
            raise
        _log(request, action, status, code, started)
        return answer

    @staticmethod
    def exists(directory: str | os.PathLike[str]) -> bool:
        """Say whether a directory holds a platform's data; nothing is made."""
        return (Path(directory) / FILE_NAME).is_file()

    @property
    def identity(self) -> str:
        """What tells this platform from every other one."""
        with self._store.reading() as tables:
            return tables.identity

    def served_at(self, address: str) -> None:
        """Remember where the platform is served, which the `endpoint` of its proxies says from then on."""
        with self._store.writing() as tables:
            tables.set_address(address)

    def now(self) -> float:
        """Return the platform's time, in seconds since 1970."""
        return self._clock()

    def reading(self) -> AbstractContextManager[Tables]:
        """Give all that the platform remembers, to look at it."""
        return self._store.reading()

    @property
    def switches(self) -> Switches:
        """How the platform behaves now."""
        with self._store.reading() as tables:
            return tables.switches

    def switch(self, **values: Any) -> None:
        """Change switches, for every process on the directory; ValueError names what is allowed."""
        with self._store.writing() as tables:
            tables.set_switches(tables.switches.changed(**values))

    def inject(self, fault: Fault) -> None:
        """Let a fault happen to the calls it matches, in whichever process they are made."""
        if fault.operation not in ("*", *ACTIONS):
            raise ValueError(f"there is no operation {fault.operation!r}; there are {', '.join(ACTIONS)}")
        with self._store.writing() as tables:
            tables.add_fault(fault)

    def clear_faults(self) -> None:
        """Forget the faults that have not happened."""
        with self._store.writing() as tables:
            tables.clear_faults()

    def _answer(self, request: _Request, operation: Operation, name: str, *, is_patient: bool) -> tuple[Answer, str]:
        proof = self._verifier.verify(request.method, request.target, request.headers, request.body)
        body = _parse(request.body) if operation.has_body else {}
        target = name or body.get(operation.kind.name_field) if operation.named or operation.has_body else None
        has_faults = self._has_faults()
        if not is_patient and (has_faults or not operation.is_short):
            raise Busy
        admits = has_faults or (proof is not None and self._nonces is None)
        if operation.is_short:
            # One transaction for all: what a call costs is the file's lock above all.
            with self._tables(admits or operation.writes, is_patient=is_patient) as tables:
                fault = self._admitted(proof, operation.action, target, tables, has_faults)
                answer = self._effect(request, operation, name, body, fault, tables)
        else:
            with self._tables(admits) as tables:
                fault = self._admitted(proof, operation.action, target, tables, has_faults)
            # Nobody waits for the lock while this goes through all there is.
            with self._tables(operation.writes) as tables:
                answer = self._effect(request, operation, name, body, fault, tables)
        return answer if fault is None and answer is not None else self._spoiled(request, fault, answer)

    def _tables(self, writes: bool, *, is_patient: bool = True) -> AbstractContextManager[Tables]:
        return self._store.writing(is_patient=is_patient) if writes else self._store.reading()

    def _admitted(
        self, proof: Proof | None, action: str, target: Any, tables: Tables, has_faults: bool
    ) -> Fault | None:
        """Use up a call's nonce, and return the fault that happens to it."""
        if proof is not None and not self._use(proof, tables):
            raise NonceUsed
        return tables.take_fault(action, target) if has_faults else None

    def _use(self, proof: Proof, tables: Tables) -> bool:
        if self._nonces is not None:
            return self._nonces.use(proof)
        return tables.use_nonce(proof.key, proof.nonce, proof.at, proof.oldest)

    def _has_faults(self) -> bool:
        with self._store.reading() as tables:
            return tables.has_faults

    def _spoiled(self, request: _Request, fault: Fault | None, answer: tuple[Answer, str] | None) -> tuple[Answer, str]:
        """Return what a fault makes of an answer. Raises ConnectionDropped."""
        assert fault is not None
        spoiled = fault.spoiled(request.id, request.host)
        if fault.delay:
            self._sleep(fault.delay)
        if fault.drop is not None or (spoiled is None and answer is None):
            raise ConnectionDropped
        if spoiled is not None:
            return spoiled, fault.code or "injected"
        assert answer is not None
        return answer

    def _effect(
        self,
        request: _Request,
        operation: Operation,
        name: str,
        body: dict[str, Any],
        fault: Fault | None,
        tables: Tables,
    ) -> tuple[Answer, str] | None:
        if fault is not None and fault.prevents:
            return None
        query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
        outcome, reason = (fault.outcome, fault.reason) if fault else (None, None)
        try:
            with tables.attempt() if operation.writes else nullcontext():
                # Read within the transaction, so that the times of writers follow their order.
                now = microseconds(self._clock())
                call = Call(operation.kind, name, query, body, tables, tables.switches, now, outcome, reason)
                status, data = operation.handler(call)
            return success(status, data, request.id), "SUCCESS"
        except PlatformError as error:
            return refusal(error, request.id, request.host), error.code
        except Exception as error:
            # The lines of the program only: an exception's text may quote the request.
            _LOG.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
            failure = InternalServerError()
            return refusal(failure, request.id, request.host), failure.code


def _log(request: _Request, action: str, status: str, code: str, started: float) -> None:
    lasted = (time.perf_counter() - started) * 1000
    _LOG.info("%s %s %s %s %s %s %.1fms", request.method, request.path, action, status, code, request.id, lasted)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body or b"{}", parse_constant=_refuse_constant)
        # A number too large, or a lone half of a surrogate pair, can be read but not written again.
        json.dumps(parsed, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise BadRequest("the request body is not valid JSON") from None
    if not isinstance(parsed, dict):
        raise BadRequest("the request body is not a JSON object")
    return parsed


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
