"""A gateway inside the test process, under the test's control, and clients with networks that fail on request.

Offline, without an account anywhere, and without waiting: kicks, expiry and lost networks happen when the test says so.

>>> from tessera_im import KickedOffline
>>> from tessera_im.testkit import Gateway
>>> with Gateway() as gateway:
...     phone = gateway.client("phone", platform="android")
...     events = phone.events()
...     phone.login("alice", gateway.sign("alice")).wait()
...     _ = gateway.kick("alice")
...     events.wait_for(KickedOffline).reason
'admin'

A pytest plugin comes with it: the fixture `tessera_gateway`.
"""

from __future__ import annotations

import json

from .. import _native
from .._native import Client, Session
from ._network import Network
from ._recorder import Callback, Recorder
from ._until import until, wait_until

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from types import TracebackType
    from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Type, Union

    from typing_extensions import Self, Unpack

    from .._settings import Settings

__all__ = ["Callback", "Client", "Gateway", "Network", "Recorder", "Session", "until", "wait_until"]

_NOBODY = "nobody"


class Gateway(_native._Gateway):
    """A gateway on a free port of 127.0.0.1, and what happens to it.

    `policy` is a preset ("single", "dual", "triple", "multi") or a mapping with `preset` or `sets` and `caps`, as in
    docs/gateway-configuration.md; `limits` are those of docs/limits.md by name, and those that count calls are off unless
    named here. `store` is the file of a durable store; without it the store is in memory and survives a restart.

    Use it with `with`, or call `close()`: it also ends the clients that came from `client()`.

    Raises ValueError for a wrong option, OSError when it does not start.
    """

    def __new__(
        cls,
        *,
        sdk_app_id: Optional[int] = None,
        key: Optional[str] = None,
        policy: Union[str, Mapping[str, Any], None] = None,
        offline_kick_error: bool = False,
        limits: Optional[Mapping[str, int]] = None,
        store: Union[str, os.PathLike[str], None] = None,
    ) -> Self:
        options: Dict[str, Any] = {"offline_kick_error": offline_kick_error, "limits": dict(limits or {}), "store": store}
        given = {"sdk_app_id": sdk_app_id, "key": key, "policy": None if policy is None else _policy(policy)}
        options.update((name, value) for name, value in given.items() if value is not None)
        return super().__new__(cls, **options)

    def __init__(self, **_options: Any) -> None:
        self._clients: List[Client] = []

    # ---- clients --------------------------------------------------------------------------------------------------

    def client(self, name: str = "phone", **settings: Unpack[Settings]) -> Client:
        """A client of this gateway, initialised: the device and the network by this name. It lives until `close()`.

        Further settings are those of `tessera_im.Client`. The times to reconnect are short unless you set them.
        """
        given = self.settings(name)
        given.update(settings)
        client = Client(self.sdk_app_id, **given)
        client.init()
        self._clients.append(client)
        return client

    def settings(self, name: str = "phone") -> Settings:
        """The settings with which a client that you make yourself reaches this gateway, as the device by this name."""
        return {
            "server_url": self.url_of(name),
            "allow_plain": True,
            "device_id": self._device_id(name),
            "reconnect_delay_min_ms": 10,
            "reconnect_delay_max_ms": 50,
            "hint_interval_ms": 0,
        }

    def environment(self, name: str = "app") -> Dict[str, str]:
        """The same as variables of the environment, for a program that must not know that it is tested.

        Only the device is the program's own: it may have several clients, and each is a device.
        """
        given = self.settings(name)
        del given["device_id"]
        return {f"TESSERA_{name.upper()}": _text(value) for name, value in given.items()}

    def network(self, name: str = "phone") -> Network:
        """The network of the client by this name."""
        self.url_of(name)
        return Network(self, name)

    # ---- what an operator does --------------------------------------------------------------------------------------

    def set_policy(self, policy: Union[str, Mapping[str, Any]]) -> None:
        """Set who may be online beside whom, as in `Gateway(policy=…)`. Acts at the next login.

        Raises TesseraError 70402 for a policy that is none.
        """
        self._set_policy(_policy(policy))

    # ---- waiting ----------------------------------------------------------------------------------------------------

    def wait_for_sessions(self, user_id: str, count: int, timeout: float = 30.0) -> None:
        """Wait until the user has exactly so many sessions, connected or not. Raises TimeoutError."""
        self._wait("sessions", user_id, count, timeout)

    def wait_for_connected(self, user_id: str, count: int, timeout: float = 30.0) -> None:
        """Wait until exactly so many sessions of the user have a connection. Raises TimeoutError."""
        self._wait("connected", user_id, count, timeout)

    def wait_for_logins(self, count: int, timeout: float = 30.0) -> None:
        """Wait until the gateway has acknowledged at least so many logins. Raises TimeoutError."""
        self._wait("logins", _NOBODY, count, timeout)

    def wait_until(self, condition: Callable[[], object], timeout: float = 30.0) -> None:
        """Wait until something of yours is true; it is asked every few milliseconds. Raises TimeoutError."""
        wait_until(condition, timeout)

    # ---- the end ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """End the clients that came from `client()`, then the gateway."""
        for client in self._clients:
            client.un_init()
        self._clients.clear()
        self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _policy(policy: Union[str, Mapping[str, Any]]) -> str:
    return json.dumps({"preset": policy} if isinstance(policy, str) else policy)
