"""Ctrl-C interrupts what blocks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from conftest import Program
from tessera_im.testkit import Gateway

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent with os.kill")

PREPARE = """
import os, signal, sys, threading, time
import tessera_im
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background has inherited that it is ignored
client = tessera_im.Client(int(os.environ["APP"]))
events = client.events()
client.init()
login = client.login("alice", os.environ["TICKET"])
try:
    threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    {blocking}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize(
    "blocking",
    ["login.wait()", "list(events)", "events.wait_for(tessera_im.KickedOffline, 50)"],
)
def test_a_blocking_call_is_interrupted(program: Program, tessera_gateway: Gateway, blocking: str) -> None:
    tessera_gateway.network("app").stall()
    env = {"TICKET": tessera_gateway.sign("alice")}
    ended = program(PREPARE.format(blocking=blocking), env=env, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "interrupted\n"), ended.stderr


@pytest.mark.parametrize("blocking", ["client.remove_listener(stuck)", "client.un_init()"])
def test_waiting_for_a_callback_is_interrupted(program: Program, blocking: str) -> None:
    text = """
    import os, signal, threading, time
    import tessera_im.v2tim
    signal.signal(signal.SIGINT, signal.default_int_handler)
    entered, go_on = threading.Event(), threading.Event()
    class Stuck(tessera_im.v2tim.V2TIMSDKListener):
        def on_connecting(self):
            entered.set()
            go_on.wait(50)
    stuck = Stuck()
    client = tessera_im.Client(int(os.environ["APP"]), uninit_timeout_ms=50_000)
    client.add_listener(stuck)
    client.init()
    assert entered.wait(30)
    try:
        threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        BLOCKING
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    go_on.set()
    """
    ended = program(text.replace("BLOCKING", blocking), timeout=40)
    assert (ended.returncode, ended.stdout) == (0, "interrupted\n"), ended.stderr


def test_the_login_goes_on_after_an_interrupt(tessera_gateway: Gateway) -> None:
    network = tessera_gateway.network("app").stall()
    after = """
while client.status != tessera_im.LoginStatus.LOGGED_IN:
    time.sleep(0.01)
print(client.login_user)
"""
    told = {"APP": str(tessera_gateway.sdk_app_id), "TICKET": tessera_gateway.sign("alice")}
    text = PREPARE.format(blocking="login.wait()") + after
    command = [sys.executable, "-c", text]
    with subprocess.Popen(command, env={**os.environ, **told}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "interrupted\n"
        network.restore()
        said, _ = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "alice\n")


def test_the_test_kit_is_interrupted_too(program: Program) -> None:
    text = """
    import os, signal, threading
    from tessera_im.testkit import Gateway
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with Gateway() as gateway:
        try:
            threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
            gateway.wait_for_sessions("alice", 1, timeout=50)
        except KeyboardInterrupt:
            print("interrupted")
    """
    ended = program(text, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "interrupted\n"), ended.stderr
