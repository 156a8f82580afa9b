"""The events of a client as something to iterate. What they are is in `tessera_im`: `KickedOffline` and the others."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Optional, Tuple, Type, TypeVar

    from ._native import Event, _Receiver

    _E = TypeVar("_E", bound=Event)


class Events:
    """The events of one client from the call of `Client.events()` on, until `un_init()`.

    Iterate with `for`, which blocks, or with `async for`. Of connect events that wait in great number only the newest
    are kept. Two receivers of one client do not disturb each other.
    """

    __slots__ = ("__weakref__", "_receiver")

    def __init__(self, receiver: _Receiver) -> None:
        self._receiver = receiver

    def get(self, timeout: Optional[float] = None) -> Optional[Event]:
        """The next event; None after `un_init()`, when all that waited were taken.

        Raises TimeoutError when `timeout` seconds are over first; StateError 7014 in a callback.
        """
        end = None if timeout is None else time.monotonic() + timeout
        left = timeout
        while self._receiver.wait(left):
            event, is_over = self._take()
            if event is not None or is_over:
                return event
            # Another thread has taken it.
            left = _left(end)
        raise TimeoutError("no event has come")

    def wait_for(self, kind: Type[_E], timeout: Optional[float] = 30.0) -> _E:
        """The next event of this class. Those that come before it are passed over.

        Raises TimeoutError, which tells what was passed over, when the time is over or the client has ended; StateError
        7014 in a callback, and on the loop of the callbacks, where `next()` waits.
        """
        passed: list[Event] = []
        end = None if timeout is None else time.monotonic() + timeout
        while self._receiver.wait(_left(end)):
            event, is_over = self._take()
            if isinstance(event, kind):
                return event
            if event is not None:
                passed.append(event)
            elif is_over:
                break
        raise _missing(kind, passed)

    async def next(self, kind: Type[_E], timeout: Optional[float] = 30.0) -> _E:
        """As `wait_for`, for a coroutine: the next event of this class."""
        import asyncio

        passed: list[Event] = []
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            event, is_over = self._take()
            if isinstance(event, kind):
                return event
            if event is not None:
                passed.append(event)
            elif is_over:
                raise _missing(kind, passed)
            else:
                try:
                    await asyncio.wait_for(self._receiver.news(), _left(end))
                except asyncio.TimeoutError:
                    raise _missing(kind, passed) from None

    def __iter__(self) -> Events:
        return self

    def __next__(self) -> Event:
        event = self.get()
        if event is None:
            raise StopIteration
        return event

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> Event:
        while True:
            event, is_over = self._take()
            if event is not None:
                return event
            if is_over:
                raise StopAsyncIteration
            await self._receiver.news()

    def _take(self) -> Tuple[Optional[Event], bool]:
        """The oldest event that waits, or None; and then, whether none will come."""
        event = self._receiver.pop()
        if event is not None or not self._receiver.has_ended():
            return event, False
        # It may have come just before the end.
        event = self._receiver.pop()
        return event, event is None


def _left(end: Optional[float]) -> Optional[float]:
    return None if end is None else max(0.0, end - time.monotonic())


def _missing(kind: type, passed: Iterable[Event]) -> TimeoutError:
    return TimeoutError(f"no {kind.__name__} has come, but {list(passed) or 'nothing'}")
