"""Objects that go away at a bad moment: while an exception is on its way, and with code of the host's in `__del__`."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any, List

import pytest

from conftest import Program
from tessera_im import Client, StateError, TicketError
from tessera_im.testkit import Gateway, wait_until


def test_an_exception_is_not_lost_with_failed_calls_that_nobody_waited_for(
    tessera_gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    # C17
    clients = [tessera_gateway.client(f"phone{n}") for n in range(3)]

    def all_done() -> List[Any]:
        logins = [client.login("alice", "no ticket") for client in clients]
        wait_until(lambda: all(login.done() for login in logins))
        return logins

    with pytest.raises(TicketError):
        for login in all_done():
            login.wait()
    gc.collect()
    left = [record for record in caplog.records if "nobody has waited" in record.getMessage()]
    assert len(left) == 2


def test_an_exception_is_not_lost_with_a_client_that_somebody_awaits(tessera_gateway: Gateway) -> None:
    # C9
    async def main() -> None:
        tessera_gateway.network("phone").stall()
        clients = [Client(tessera_gateway.sdk_app_id, **tessera_gateway.settings("phone"))]
        clients[0].init()

        async def log_in() -> None:
            await clients[0].login("alice", tessera_gateway.sign("alice"))

        awaiting = asyncio.ensure_future(log_in())
        await asyncio.sleep(0.01)
        with pytest.raises(ZeroDivisionError):
            for _ in [clients.pop()]:
                del _
                1 / 0
        with pytest.raises(StateError) as ended:
            await awaiting
        assert ended.value.code == 7009

    asyncio.run(main())


PROVIDER = """
import asyncio, gc, os, sys, threading, time
from tessera_im import Client

class Provider:
    def __call__(self, user):
        return user

    def __del__(self):
        time.sleep(0.01)  # others run meanwhile
        client.set_ticket_provider(None)
        deleted.append(self)

deleted = []
client = Client(int(os.environ["APP"]))
client.init()
client.set_ticket_provider(Provider())
others = threading.Thread(target=lambda: [client.set_ticket_provider(None) for _ in range(10)])
others.start()
client.set_ticket_provider(Provider())
{replace}
others.join()
gc.collect()
assert len(deleted) == 2, deleted
print("over")
"""


@pytest.mark.parametrize(
    "replace", ["client.set_ticket_provider(len)", "client.set_ticket_provider(None)", "client.un_init()"]
)
def test_a_provider_may_call_the_client_when_it_is_deleted(program: Program, replace: str) -> None:
    ended = program(PROVIDER.format(replace=replace), timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "over\n"), ended.stderr


def test_a_provider_that_another_one_sets_when_it_is_deleted_is_asked(tessera_gateway: Gateway) -> None:
    # C15
    client = tessera_gateway.client("phone")
    asked = threading.Event()

    def last(user: str) -> str:
        asked.set()
        return tessera_gateway.sign(user)

    class First:
        def __call__(self, user: str) -> str:
            return user

        def __del__(self) -> None:
            client.set_ticket_provider(last)

    client.set_ticket_provider(First())
    client.set_ticket_provider(None)
    gc.collect()
    client.login("alice", tessera_gateway.sign("alice", 3600)).wait()
    tessera_gateway.move_clock(3300)
    assert asked.wait(30)


LOOP = """
import asyncio, gc, os
from tessera_im import Client

class Loop(asyncio.SelectorEventLoop):
    def __del__(self):
        client.login("", "")

client = Client(int(os.environ["APP"]))

async def init():
    client.init()

loop = Loop()
loop.run_until_complete(init())
client.un_init()
loop.close()
del loop
gc.collect()
client.init()
client.un_init()
print("over")
"""


def test_a_loop_may_call_the_client_when_it_is_deleted(program: Program) -> None:
    ended = program(LOOP, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "over\n"), ended.stderr
