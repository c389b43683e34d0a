"""Opens the gateway over the data in a directory, with the models that a command line names."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..opening import token
from ..store import Store
from .access import Access
from .calls import Gateway, Upstreams
from .simulated import Trouble
from .upstreams import Real, Simulated, Upstream

KINDS = ("simulated", "real")
"""What the models behind a service can be."""


@contextmanager
def opened(
    directory: str,
    access_keys: Mapping[str, str],
    kinds: Mapping[str, str],
    troubles: Mapping[str, Trouble] | None = None,
) -> Iterator[Gateway]:
    """Give the gateway over the platform's data in a directory, which is there.

    `kinds` says by service what its models are, and by an empty name what all others are. Troubles are kept in the
    directory; None leaves those that are there.
    """
    models: Mapping[str, Upstream] = {
        "simulated": Simulated(random.random, time.time, asyncio.sleep),
        "real": Real(),
    }
    own = {service: models[kind] for service, kind in kinds.items() if service}
    store = Store(directory)
    try:
        upstreams = Upstreams(models[kinds.get("", "simulated")], own)
        found = Gateway(store, Access(access_keys, token(directory)), upstreams)
        if troubles is not None:
            found.book.set_troubles(troubles)
        yield found
    finally:
        store.close()
