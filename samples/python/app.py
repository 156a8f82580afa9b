"""A small service that keeps one user logged in: `SDK_APP_ID`, `USER_ID` and `USER_SIG` say whom, `TESSERA_SERVER_URL`
where. It logs in, tells what happens, and logs out when it is interrupted.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from tessera_im import Client, ConnectFailed, ConnectSuccess, Events, KickedOffline, TesseraError, UserSigExpired


async def tell(events: Events) -> int:
    """Tells what happens, until the session has ended; then the program does too."""
    async for event in events:
        if isinstance(event, ConnectSuccess):
            print("connected", flush=True)
        elif isinstance(event, ConnectFailed):
            print(f"no connection, will try again: {event.desc}", flush=True)
        elif isinstance(event, KickedOffline):
            print(f"kicked: {event.reason}", flush=True)
            return 1
        elif isinstance(event, UserSigExpired):
            print("the ticket has expired", flush=True)
            return 1
    return 0


async def main(sdk_app_id: int, user_id: str, user_sig: str) -> int:
    client = Client(sdk_app_id)
    # Before the client is initialised, which connects it.
    events = client.events()
    async with client:
        telling = asyncio.create_task(tell(events))
        try:
            await client.login(user_id, user_sig)
        except TesseraError as error:
            print("get a new ticket" if error.needs_new_ticket else error, file=sys.stderr)
            return 1
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, telling.cancel)
        print(f"{client.login_user} is logged in", flush=True)
        try:
            return await telling
        except asyncio.CancelledError:
            await client.logout()
            print("logged out", flush=True)
            return 0


if __name__ == "__main__":
    try:
        told = int(os.environ["SDK_APP_ID"]), os.environ["USER_ID"], os.environ["USER_SIG"]
    except (KeyError, ValueError):
        sys.exit("set SDK_APP_ID, USER_ID, USER_SIG and TESSERA_SERVER_URL")
    sys.exit(asyncio.run(main(*told)))
