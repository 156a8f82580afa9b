"""A listener and a callback that remember, for tests of code that is written for V2TIM."""

from __future__ import annotations

import threading
import time

from .._native import _refuse_where_callbacks_run
from ..v2tim import V2TIMCallback, V2TIMSDKListener
from ._until import until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List, Optional, Tuple

    from .._native import KickedOffline

    _Call = Tuple[Any, ...]


class Recorder(V2TIMSDKListener):
    """A listener that keeps what it was called with, and lets a test wait for it.

    A call is a tuple: the name of the method, then its arguments. A kick counts as a call of "on_kicked_offline" and as
    one of "on_kicked_offline_ex", which has the reason.
    """

    def __init__(self) -> None:
        self.calls: List[_Call] = []
        """Every call so far, oldest first."""
        self._taken = 0
        self._called = threading.Condition()

    def wait_for(self, name: str, timeout: float = 30.0) -> _Call:
        """The next call of the method by this name, such as "on_kicked_offline". Calls before it are passed over.

        Raises TimeoutError, which tells what was passed over; ValueError for a name that is no method's; StateError 7014
        on the asyncio loop that callbacks run on, where `next()` waits.
        """
        _check_name(name)
        begin = self._taken
        call = self._take(name)
        if call is not None:
            return call
        _refuse_where_callbacks_run()
        end = time.monotonic() + timeout
        with self._called:
            while True:
                call = self._take(name)
                if call is not None:
                    return call
                if not self._called.wait(end - time.monotonic()):
                    raise self._missing(name, begin)

    async def next(self, name: str, timeout: float = 30.0) -> _Call:
        """As `wait_for`, for a coroutine."""
        _check_name(name)
        begin = self._taken
        found: List[_Call] = []

        def take() -> bool:
            call = self._take(name)
            if call is not None:
                found.append(call)
            return call is not None

        try:
            await until(take, timeout)
        except TimeoutError:
            raise self._missing(name, begin) from None
        return found[0]

    def names(self) -> List[str]:
        """The names of the methods that were called so far."""
        with self._called:
            return [call[0] for call in self.calls]

    def _take(self, name: str) -> Optional[_Call]:
        with self._called:
            while self._taken < len(self.calls):
                call = self.calls[self._taken]
                self._taken += 1
                if call[0] == name:
                    return call
        return None

    def _missing(self, name: str, begin: int) -> TimeoutError:
        with self._called:
            return TimeoutError(f"{name} was not called, but {self.calls[begin:] or 'nothing'}")

    def _record(self, *call: Any) -> None:
        with self._called:
            self.calls.append(call)
            self._called.notify_all()

    def on_connecting(self) -> None:
        self._record("on_connecting")

    def on_connect_success(self) -> None:
        self._record("on_connect_success")

    def on_connect_failed(self, code: int, error: str, /) -> None:
        self._record("on_connect_failed", code, error)

    def on_disconnected(self, code: int, error: str, /) -> None:
        self._record("on_disconnected", code, error)

    def on_kicked_offline(self) -> None:
        self._record("on_kicked_offline")

    def on_kicked_offline_ex(self, kick: KickedOffline, /) -> None:
        super().on_kicked_offline_ex(kick)
        self._record("on_kicked_offline_ex", kick)

    def on_user_sig_expired(self) -> None:
        self._record("on_user_sig_expired")


_NAMES = [name for name in vars(Recorder) if name.startswith("on_")]


def _check_name(name: str) -> None:
    if name not in _NAMES:
        raise ValueError(f"a Recorder hears nothing by the name {name!r}; it hears {', '.join(_NAMES)}")


class Callback(V2TIMCallback):
    """A callback that a test can wait for."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._result: Optional[Tuple[int, str]] = None

    def wait(self, timeout: float = 30.0) -> Tuple[int, str]:
        """The result: code and text; code 0 for a success.

        Raises TimeoutError; StateError 7014 on the asyncio loop that callbacks run on, where `result()` waits.
        """
        if self._result is None:
            _refuse_where_callbacks_run()
        if not self._done.wait(timeout) or self._result is None:
            raise TimeoutError("the callback was not called")
        return self._result

    async def result(self, timeout: float = 30.0) -> Tuple[int, str]:
        """As `wait`, for a coroutine."""
        try:
            await until(self._done.is_set, timeout)
        except TimeoutError:
            raise TimeoutError("the callback was not called") from None
        return self.wait(0)

    def on_success(self) -> None:
        self._put(0, "")

    def on_error(self, code: int, desc: str, /) -> None:
        self._put(code, desc)

    def _put(self, code: int, desc: str) -> None:
        self._result = (code, desc)
        self._done.set()
