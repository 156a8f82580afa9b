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
    for _ in range(min(max(rounds // 10, 600), rounds)):
        one()
    gc.collect()
    first = resident()
    for _ in range(rounds):
        one()
    gc.collect()
    return (resident() - first) / rounds


def leaves_less_than(limit: int, rounds: int, one: Callable[[], object]) -> None:
    """A leak shows whenever one looks; an arena or a page more shows once."""
    measured = []
    for _ in range(3):
        measured.append(grown(rounds, one))
        if measured[-1] < limit:
            return
    pytest.fail(f"{measured} bytes a round")


@linux_only
def test_logging_in_and_out_leaves_nothing_behind(manager: V2TIMManager, tessera_gateway: Gateway) -> None:
    ticket = tessera_gateway.sign("alice", 10**6)
    listener = Recorder()

    def one() -> None:
        into, out = Callback(), Callback()
        manager.add_im_sdk_listener(listener)
        manager.login("alice", ticket, into)
        assert into.wait(30)[0] == 0
        manager.logout(out)
        assert out.wait(30)[0] == 0
        manager.remove_im_sdk_listener(listener)
        listener.calls.clear()

    # The gateway is in this process too.
    leaves_less_than(200, times(100_000, 3_000), one)


@linux_only
def test_clients_leave_nothing_behind(tessera_gateway: Gateway) -> None:
    ticket = tessera_gateway.sign("alice", 10**6)
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))

    def one() -> None:
        client = Client(tessera_gateway.sdk_app_id)
        events = client.events()
        client.set_ticket_provider(lambda user: user)
        with client:
            client.login("alice", ticket).wait(30)
            client.logout()
        assert len(list(events)) <= 3

    leaves_less_than(2_000, times(5_000, 600), one)
    wait_until(lambda: threading.active_count() <= threads + 2)
    wait_until(lambda: len(os.listdir("/proc/self/fd")) <= files + 10)


@linux_only
def test_awaiting_leaves_nothing_behind(tessera_gateway: Gateway) -> None:
    ticket = tessera_gateway.sign("alice", 10**6)

    async def some(client: Client, rounds: int) -> None:
        for _ in range(rounds):
            await client.login("alice", ticket)
            await client.logout()

    loop = asyncio.new_event_loop()
    client = Client(tessera_gateway.sdk_app_id)
    loop.run_until_complete(client.__aenter__())
    leaves_less_than(5_000, times(200, 100), lambda: loop.run_until_complete(some(client, 100)))
    loop.run_until_complete(client.__aexit__(None, None, None))
    loop.close()


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
    while not isinstance(events.get(timeout=30), KickedOffline):
        waiting += 1
    assert waiting <= 1024 and (waiting >= cuts or cuts > 300)
