"""Asking a ticket provider: on a thread of its own, because it may take as long as it likes.

Imported only when a provider is asked.
"""

from __future__ import annotations

import inspect
import logging
import threading
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from typing import Any, Callable, Optional

    from ._native import _Answer

# In seconds. A loop that is closed tells nobody who waits for what it was to run.
_LOOK_AT_LOOP_EVERY = 1.0


def ask(
    provider: Optional[Callable[[str], Any]],
    user: str,
    loop: Optional[asyncio.AbstractEventLoop],
    answer: _Answer,
) -> None:
    """Asks for a ticket, without waiting. `loop` is the one that the callbacks run on, if there is one."""
    if provider is None:
        answer(None, "there is no ticket provider")
        return
    arguments = (provider, user, loop, answer)
    threading.Thread(target=_ask, args=arguments, name="tessera-im-ticket", daemon=True).start()


def _ask(
    provider: Callable[[str], Any],
    user: str,
    loop: Optional[asyncio.AbstractEventLoop],
    answer: _Answer,
) -> None:
    try:
        ticket = provider(user)
        if inspect.isawaitable(ticket):
            ticket = _await(ticket, loop)
        if not isinstance(ticket, str):
            raise TypeError(f"the ticket provider has returned {type(ticket).__name__} and not str")
    except BaseException as error:  # Whatever it raises, it is asked again later.
        # The text is the host's and may hold anything, a ticket even.
        logging.getLogger("tessera_im").warning("the ticket provider has raised %s", type(error).__name__)
        answer(None, type(error).__name__)
    else:
        answer(ticket)


def _await(ticket: Any, loop: Optional[asyncio.AbstractEventLoop]) -> Any:
    import asyncio
    import concurrent.futures

    async def awaited() -> Any:
        return await ticket

    if loop is None or loop.is_closed():
        return asyncio.run(awaited())
    coroutine = awaited()
    future = asyncio.run_coroutine_threadsafe(coroutine, loop)
    while True:
        try:
            return future.result(_LOOK_AT_LOOP_EVERY)
        except concurrent.futures.TimeoutError:
            if future.done():
                # It came at the last moment, or the error is the provider's own.
                return future.result()
            if loop.is_closed():
                # Nobody runs them any more, of which Python would complain.
                for unfinished in (coroutine, ticket):
                    if isinstance(unfinished, types.CoroutineType):
                        unfinished.close()
                raise
