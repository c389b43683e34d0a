"""The one place that reaches into Pulumi's dynamic provider host: it gives it more than its four threads."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

WORKERS = 256
"""How many resources may wait for the service at once; the engine's `--parallel` is the limit that users set."""


def widen() -> None:
    """Let the pool that runs this thread grow; do nothing where the host is not what it was.

    Pulumi's host (SDK 3.25x to 3.27x) serves all dynamic resources from a pool of four threads, so that only four could
    wait to become ready at a time. A pool makes threads as work arrives, up to `_max_workers`, read at each arrival.
    """
    thread = threading.current_thread()
    for pool in (item for item in gc.get_objects() if type(item) is ThreadPoolExecutor):
        if thread in getattr(pool, "_threads", ()):
            limit = getattr(pool, "_max_workers", None)
            if isinstance(limit, int) and limit < WORKERS:
                pool._max_workers = WORKERS
            return
