"""`async with Client(...)`. Imported only when somebody does so."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._native import Client


async def enter(client: Client) -> Client:
    """Initialises on the loop that runs here, which becomes the loop of the callbacks."""
    client.init()
    return client


async def exit(client: Client) -> None:
    """Ends everything. On the loop of the callbacks that does not wait."""
    client.un_init()
