"""Ctrl-C interrupts what blocks."""

from __future__ import annotations

import sys

import pytest

from conftest import Program
from tessera_im.testkit import Gateway

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent with os.kill")

PREPARE = """
import os, signal, sys, threading, time
import tessera_im
client = tessera_im.Client(int(os.environ["APP"]))
events = client.events()
client.init()
threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    {blocking}
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize(
    "blocking",
    ['client.login("alice", os.environ["TICKET"]).wait()', "list(events)", "events.wait_for(tessera_im.KickedOffline, 50)"],
)
def test_a_blocking_call_is_interrupted(program: Program, tessera_gateway: Gateway, blocking: str) -> None:
    tessera_gateway.network("app").stall()
    env = {"TICKET": tessera_gateway.sign("alice")}
    ended = program(PREPARE.format(blocking=blocking), env=env, timeout=25)
    assert (ended.returncode, ended.stdout) == (0, "interrupted\n"), ended.stderr


def test_the_login_goes_on_after_an_interrupt(program: Program, tessera_gateway: Gateway) -> None:
    tessera_gateway.network("app").delay(0.2)
    after = """
    while client.status != tessera_im.LoginStatus.LOGGED_IN:
        time.sleep(0.01)
    print(client.login_user)
    """
    import textwrap

    text = PREPARE.format(blocking='client.login("alice", os.environ["TICKET"]).wait()') + textwrap.dedent(after)
    ended = program(text, env={"TICKET": tessera_gateway.sign("alice")}, timeout=25)
    assert (ended.returncode, ended.stdout) == (0, "interrupted\nalice\n"), ended.stderr


def test_the_test_kit_is_interrupted_too(program: Program) -> None:
    text = """
    import os, signal, threading
    from tessera_im.testkit import Gateway
    with Gateway() as gateway:
        threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try:
            gateway.wait_for_sessions("alice", 1, timeout=50)
        except KeyboardInterrupt:
            print("interrupted")
    """
    ended = program(text, timeout=25)
    assert (ended.returncode, ended.stdout) == (0, "interrupted\n"), ended.stderr
