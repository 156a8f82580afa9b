"""The network of one client, which fails on request."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Optional, Type

    from . import Gateway


class Network:
    """What lies between one client and the gateway.

    Each fault holds until `restore()`. With `with` it is restored at the end of the block:

    >>> from tessera_im import LoginStatus
    >>> from tessera_im.testkit import Gateway
    >>> with Gateway() as gateway:
    ...     phone = gateway.client("phone")
    ...     phone.login("alice", gateway.sign("alice")).wait()
    ...     with gateway.network("phone").down():
    ...         gateway.wait_for_connected("alice", 0)
    ...         phone.status is LoginStatus.LOGGED_IN
    ...     gateway.wait_for_connected("alice", 1)
    True
    """

    def __init__(self, gateway: Gateway, name: str) -> None:
        self._gateway = gateway
        self._name = name

    def cut(self) -> Network:
        """Reset the open connections, once. New ones pass."""
        return self._fault("cut")

    def down(self) -> Network:
        """Lose the network: open connections are reset, and no new one passes."""
        return self._fault("down")

    def refuse(self) -> Network:
        """Let no new connection pass. Open ones live on."""
        return self._fault("refuse")

    def stall(self) -> Network:
        """Let nothing pass in either direction, and tell nobody: half-open connections."""
        return self._fault("stall")

    def delay(self, seconds: float) -> Network:
        """Let each byte arrive so much later."""
        return self._fault("delay", seconds)

    def restore(self) -> Network:
        """End every fault. What was reset stays reset; what a stall held flows again."""
        return self._fault("restore")

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._gateway._connections(self._name)

    def wait_for_connections(self, count: int, timeout: float = 30.0) -> None:
        """Wait until exactly so many connections are open. Raises TimeoutError."""
        self._gateway._wait("connections", self._name, count, timeout)

    def _fault(self, fault: str, delay: float = 0.0) -> Network:
        self._gateway._fault(self._name, fault, delay)
        return self

    def __enter__(self) -> Network:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.restore()

    def __repr__(self) -> str:
        return f"<Network of {self._name}>"
