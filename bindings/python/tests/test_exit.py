"""The end of the interpreter, with logins in flight and callbacks pending, running, stuck or endless."""

from __future__ import annotations

import pytest

from conftest import Program, times
from tessera_im.testkit import Gateway

PREPARE = """
import os, sys, threading, time
import tessera_im
from tessera_im.v2tim import V2TIMManager, V2TIMSDKConfig, V2TIMSDKListener
app = int(os.environ["APP"])
ticket = os.environ["TICKET"]
"""

LOGIN_IN_FLIGHT = """
clients = [tessera_im.Client(app) for _ in range(3)]
for client in clients:
    client.init()
    client.login("alice", ticket)
manager = V2TIMManager.get_instance()
assert manager.init_sdk(app)
manager.login("alice", ticket, lambda code, desc: print("called", code))
"""

CALLBACKS_PENDING = """
class Listener(V2TIMSDKListener):
    def on_connecting(self): pass
    def on_connect_success(self): time.sleep(0.001)
manager = V2TIMManager.get_instance()
manager.add_im_sdk_listener(Listener())
assert manager.init_sdk(app)
for _ in range(200):
    manager.logout(lambda code, desc: time.sleep(0.0001))
"""

LOGGED_IN = """
client = tessera_im.Client(app)
client.init()
client.login("alice", ticket).wait()
events = client.events()
waits = threading.Thread(target=lambda: list(events), daemon=True)
waits.start()
"""

ON_A_LOOP = """
import asyncio
async def main():
    client = tessera_im.Client(app)
    client.init()
    keep.append(client)
    await client.login("alice", ticket)
    client.logout()
    client.login("bob", "x")
keep = []
asyncio.run(main())
"""

BLOCKED_IN_A_CALLBACK = """
entered = threading.Event()
def stuck(code, desc):
    entered.set()
    time.sleep(1000)
V2TIMManager.get_instance().logout(stuck)
entered.wait()
"""

ENDLESS_CALLBACK = """
entered = threading.Event()
def endless(code, desc):
    entered.set()
    while True:
        pass
V2TIMManager.get_instance().logout(endless)
entered.wait()
"""

PROVIDER_AT_WORK = """
asked = threading.Event()
client = tessera_im.Client(app, ticket_request_interval_ms=10, ticket_renew_percent=10, ticket_renew_jitter_percent=0)
def provide(user):
    asked.set()
    time.sleep(1000)
client.set_ticket_provider(provide)
client.init()
client.login("alice", os.environ["SHORT"]).wait()
asked.wait()
"""

IN_A_WAITING_THREAD = """
client = tessera_im.Client(app)
client.init()
def login():
    try:
        client.login("alice", ticket).wait()
    except BaseException as error:
        pass
for _ in range(3):
    threading.Thread(target=login, daemon=True).start()
"""

CASES = {
    "login in flight": LOGIN_IN_FLIGHT,
    "callbacks pending": CALLBACKS_PENDING,
    "logged in": LOGGED_IN,
    "on a loop": ON_A_LOOP,
    "in a waiting thread": IN_A_WAITING_THREAD,
}
SLOW_CASES = {
    "blocked in a callback": BLOCKED_IN_A_CALLBACK,
    "endless callback": ENDLESS_CALLBACK,
    "provider at work": PROVIDER_AT_WORK,
}


def exits(program: Program, gateway: Gateway, case: str, ending: str = "", code: int = 0) -> None:
    env = {"TICKET": gateway.sign("alice"), "SHORT": gateway.sign("alice", 15)}
    ended = program(PREPARE + case + ending, env=env)
    assert ended.returncode == code, (ended.returncode, ended.stderr)
    for trouble in ("Fatal", "panicked", "Traceback", "core dumped"):
        assert trouble not in ended.stderr, ended.stderr


@pytest.mark.parametrize("case", sorted(CASES))
def test_the_interpreter_ends_cleanly(program: Program, tessera_gateway: Gateway, case: str) -> None:
    for n in range(times(1000, 50) // len(CASES)):
        # At another moment each time.
        exits(program, tessera_gateway, CASES[case], f"time.sleep({(n % 10) * 0.0005})\n")


@pytest.mark.parametrize("case", sorted(SLOW_CASES))
def test_a_callback_that_does_not_return_does_not_keep_the_interpreter(
    program: Program, tessera_gateway: Gateway, case: str
) -> None:
    for _ in range(times(10, 1)):
        exits(program, tessera_gateway, SLOW_CASES[case])


def test_sys_exit_and_errors_keep_their_code(program: Program, tessera_gateway: Gateway) -> None:
    exits(program, tessera_gateway, LOGIN_IN_FLIGHT, "sys.exit(7)\n", code=7)
    ended = program(PREPARE + LOGGED_IN + "raise ValueError('mine')\n", env={"TICKET": tessera_gateway.sign("alice")})
    assert ended.returncode == 1 and "ValueError: mine" in ended.stderr and "Fatal" not in ended.stderr


def test_other_atexit_functions_may_still_use_the_sdk(program: Program, tessera_gateway: Gateway) -> None:
    """Functions that were registered before the import run after ours, and those after it run before."""
    # C9
    before = """
    import atexit
    def late():
        import tessera_im
        # Nobody delivers their results.
        for call in (client.logout, lambda: client.login("alice", "x")):
            try:
                call().wait()
                print("delivered")
            except tessera_im.StateError as error:
                assert error.code == 7009
        assert list(client.events()) == []
        client.un_init()
        print("late")
    atexit.register(late)
    """
    import textwrap

    after = "\natexit.register(lambda: (client.logout().wait(), print('early')))\n"
    text = textwrap.dedent(before) + PREPARE + LOGGED_IN + after
    ended = program(text, env={"TICKET": tessera_gateway.sign("alice")})
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == ["early", "late"]
