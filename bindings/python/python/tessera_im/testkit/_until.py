"""Waiting until something is true, on a thread and in a coroutine."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

_ASK_EVERY = 0.002


def wait_until(condition: Callable[[], object], timeout: float = 30.0) -> None:
    """Wait until something is true; it is asked every few milliseconds. Raises TimeoutError.

    It blocks the loop where one runs: a coroutine that waits for what callbacks do on its loop awaits `until()`.
    """
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() >= end:
            raise _still_false(condition, timeout)
        time.sleep(_ASK_EVERY)


async def until(condition: Callable[[], object], timeout: float = 30.0) -> None:
    """As `wait_until`, for a coroutine."""
    import asyncio

    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() >= end:
            raise _still_false(condition, timeout)
        await asyncio.sleep(_ASK_EVERY)


def _still_false(condition: Callable[[], object], timeout: float) -> TimeoutError:
    return TimeoutError(f"{condition!r} is still false after {timeout} s")
