"""Memory, threads and file descriptors after many rounds."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
from typing import Callable

import pytest

from conftest import times
from tessera_im import Client, KickedOffline
from tessera_im.testkit import Callback, Gateway, Recorder, wait_until
from tessera_im.v2tim import V2TIMManager

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")


def resident() -> int:
    """Anonymous memory of this process in bytes."""
    with open("/proc/self/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["RssAnon"].split()[0]) * 1024


def grown(rounds: int, one: Callable[[], object]) -> float:
    """How many bytes a round leaves behind, once what is kept for all of them is there."""
    for _ in range(max(rounds // 10, 600)):
        one()
    gc.collect()
    first = resident()
    for _ in range(rounds):
        one()
    gc.collect()
    return (resident() - first) / rounds


@linux_only
def test_logging_in_and_out_leaves_nothing_behind(manager: V2TIMManager, tessera_gateway: Gateway) -> None:
    ticket = tessera_gateway.sign("alice", 10**6)
    listener = Recorder()

    def one() -> None:
        into, out = Callback(), Callback()
        manager.add_im_sdk_listener(listener)
        manager.login("alice", ticket, into)
        assert into.wait(20)[0] == 0
        manager.logout(out)
        assert out.wait(20)[0] == 0
        manager.remove_im_sdk_listener(listener)
        listener.calls.clear()

    rounds = times(100_000, 3_000)
    process = grown(rounds, one)
    # The gateway is in this process too; what a page or an arena more costs is nothing over so many rounds.
    assert process < 200, f"{process:.0f} bytes a round"


@linux_only
def test_clients_leave_nothing_behind(tessera_gateway: Gateway) -> None:
    ticket = tessera_gateway.sign("alice", 10**6)
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))

    def one() -> None:
        client = Client(tessera_gateway.sdk_app_id)
        events = client.events()
        client.set_ticket_provider(lambda user: user)
        with client:
            client.login("alice", ticket).wait(20)
            client.logout()
        assert len(list(events)) <= 3

    process = grown(times(5_000, 1_500), one)
    assert process < 2_000, f"{process:.0f} bytes a client"
    wait_until(lambda: threading.active_count() <= threads + 2)
    wait_until(lambda: len(os.listdir("/proc/self/fd")) <= files + 10)


@linux_only
def test_awaiting_leaves_nothing_behind(tessera_gateway: Gateway) -> None:
    ticket = tessera_gateway.sign("alice", 10**6)

    async def main() -> float:
        async with Client(tessera_gateway.sdk_app_id) as client:

            async def some(rounds: int) -> None:
                for _ in range(rounds):
                    await client.login("alice", ticket)
                    await client.logout()

            rounds = times(20_000, 1_000)
            await some(max(rounds // 10, 100))
            gc.collect()
            first = resident()
            await some(rounds)
            gc.collect()
            return (resident() - first) / rounds

    process = asyncio.run(main())
    assert process < 500, f"{process:.0f} bytes a round"


def test_callbacks_are_let_go_of(tessera_gateway: Gateway, manager: V2TIMManager) -> None:
    def count() -> int:
        gc.collect()
        return sum(isinstance(thing, (Callback, Recorder)) for thing in gc.get_objects())

    before = count()
    for _ in range(20):
        recorder, callback = Recorder(), Callback()
        manager.add_im_sdk_listener(recorder)
        manager.login("alice", tessera_gateway.sign("alice"), callback)
        callback.wait()
        manager.remove_im_sdk_listener(recorder)
    manager.add_im_sdk_listener(Recorder())
    manager.login("alice", tessera_gateway.sign("alice"), Callback())
    manager.un_init_sdk()
    del recorder, callback
    wait_until(lambda: count() == before)


def test_events_that_nobody_reads_are_bounded(tessera_gateway: Gateway) -> None:
    # C18
    client = tessera_gateway.client("phone")
    events = client.events()
    client.login("alice", tessera_gateway.sign("alice")).wait()
    heard = Recorder()
    client.add_listener(heard)
    cuts = times(1500, 30)
    for _ in range(cuts):
        tessera_gateway.network("phone").cut()
        heard.wait_for("on_connect_success")
    tessera_gateway.kick("alice")
    waiting = 0
    while not isinstance(events.get(timeout=5), KickedOffline):
        waiting += 1
    assert waiting <= 1024 and (waiting >= cuts or cuts > 300)
