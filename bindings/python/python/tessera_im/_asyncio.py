"""`async with Client(...)`, and callbacks that are `async def`. Imported only when somebody has one."""

from __future__ import annotations

import logging
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from typing import Any, Optional, Set

    from ._native import Client

# A loop keeps its tasks weakly.
_tasks: Set[asyncio.Task[None]] = set()


async def enter(client: Client) -> Client:
    """Initialises on the loop that runs here, which becomes the loop of the callbacks."""
    client.init()
    return client


async def exit(client: Client) -> None:
    """Ends everything. On the loop of the callbacks that does not wait."""
    client.un_init()


def run_returned(returned: object, what: str, loop: Optional[asyncio.AbstractEventLoop]) -> None:
    """Runs what a callback has returned, if that is a coroutine, on the loop that the callbacks run on."""
    if not isinstance(returned, types.CoroutineType):
        return
    if loop is not None and not loop.is_closed():
        loop.call_soon_threadsafe(_begin, returned, what)
        return
    returned.close()
    text = "%s is a coroutine function and was not run, because its client was not initialised on an asyncio loop: %s"
    logging.getLogger("tessera_im").error(text, what, returned.__qualname__)


def _begin(coroutine: types.CoroutineType[Any, Any, object], what: str) -> None:
    import asyncio

    task = asyncio.ensure_future(_run(coroutine, what))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _run(coroutine: types.CoroutineType[Any, Any, object], what: str) -> None:
    import asyncio

    try:
        await coroutine
    except (asyncio.CancelledError, GeneratorExit):
        raise
    except BaseException:  # As what any other callback raises: it hurts nobody.
        logging.getLogger("tessera_im").error("%s has raised", what, exc_info=True)
