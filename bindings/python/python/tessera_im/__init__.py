"""Tessera for Python: the login and session layer of V2TIM, against a gateway of your own.

`Client` is the API of a Python program, with blocking calls and with asyncio; `tessera_im.v2tim` has the same under
V2TIM's names; `tessera_im.testkit` is a gateway inside a test. Errors are the classes of `tessera_im.errors`.

>>> import tessera_im
>>> client = tessera_im.Client(1400000001, server_url="wss://chat.example.com")
>>> client.status
<LoginStatus.LOGGED_OUT: 3>
"""

from __future__ import annotations

import atexit
import os

from . import _native
from ._native import (
    Client,
    ConnectFailed,
    ConnectSuccess,
    Connecting,
    Disconnected,
    Event,
    KickedOffline,
    Pending,
    UserSigExpired,
    sign,
)
from .errors import (
    AccountError,
    ArgumentError,
    InternalError,
    KickedError,
    LimitError,
    NetworkError,
    StateError,
    TesseraError,
    TicketError,
)
from .events import Events

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .status import ConnectionStatus as ConnectionStatus
    from .status import LoginStatus as LoginStatus

__all__ = [
    "AccountError",
    "ArgumentError",
    "Client",
    "ConnectFailed",
    "ConnectSuccess",
    "Connecting",
    "ConnectionStatus",
    "Disconnected",
    "Event",
    "Events",
    "InternalError",
    "KickedError",
    "KickedOffline",
    "LimitError",
    "LoginStatus",
    "NetworkError",
    "Pending",
    "StateError",
    "TesseraError",
    "TicketError",
    "UserSigExpired",
    "sign",
]

__version__ = _native.__version__

# No thread of ours may be inside Python when the interpreter ends.
atexit.register(_native._shut_down)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_native._after_fork_in_child)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    # Enumerations cost more than the rest of the import, and many programs never look at one.
    if name in ("ConnectionStatus", "LoginStatus"):
        from . import status

        return getattr(status, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
