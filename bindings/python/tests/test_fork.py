"""A fork: the child gets a clear error from what was the parent's, and may begin anew; the parent stays well."""

from __future__ import annotations

import sys

import pytest

from conftest import Program, times
from tessera_im.testkit import Gateway

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")

TEXT = """
import os, sys, time, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forks with threads, rightly.
import tessera_im
from tessera_im import Client, LoginStatus, StateError
from tessera_im.v2tim import V2TIMManager
app, ticket, other = int(os.environ["APP"]), os.environ["ALICE"], os.environ["BOB"]

def refused(act):
    try:
        act()
    except StateError as error:
        assert error.code == 7014 and "fork" in error.desc, error
    else:
        raise AssertionError("it was not refused")

def child():
    # What was the parent's says so, and is logged out here.
    assert client.status is LoginStatus.LOGGED_OUT and client.login_user is None
    assert manager.get_login_status() == 3 and manager.get_login_user() == ""
    for act in (
        lambda: client.login("alice", ticket),
        client.logout,
        client.un_init,
        client.init,
        client.events,
        lambda: client.add_listener(object()),
        lambda: client.remove_listener(object()),
        lambda: client.set_ticket_provider(None),
        client.notify_network_available,
        pending.wait,
        lambda: events.get(timeout=0),
        manager.un_init_sdk,
        lambda: manager.login("alice", ticket),
        gateway and gateway.now or client.logout,
    ):
        refused(act)
    repr(client), repr(manager), repr(pending)
    # What is made anew works.
    fresh = V2TIMManager.get_instance()
    assert fresh is not manager and V2TIMManager.get_instance() is fresh
    with Client(app) as mine:
        mine.login("bob", other).wait(timeout=30)
        assert mine.login_user == "bob"

client = Client(app)
client.init()
events = client.events()
pending = client.login("alice", ticket)
pending.wait()
manager = V2TIMManager.get_instance()
assert manager.init_sdk(app)
gateway = None
if "--gateway" in sys.argv:
    from tessera_im.testkit import Gateway
    gateway = Gateway()

def grandchild():
    child()
    if os.fork() == 0:
        child_of_child()
    assert os.wait()[1] == 0

def child_of_child():
    with Client(app) as mine:
        mine.login("bob", other).wait(timeout=30)
    os._exit(0)

for n in range(int(sys.argv[1])):
    pid = os.fork()
    if pid == 0:
        try:
            child() if n % 5 else grandchild()
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        # Both kinds of end: with and without the interpreter's own.
        if n % 2:
            os._exit(0)
        sys.exit(0)
    assert os.waitpid(pid, 0)[1] == 0, "the child has failed"
    assert client.login_user == "alice"
    client.login("alice", ticket).wait(timeout=30)
client.logout().wait(timeout=30)
print("well")
"""


@pytest.mark.parametrize("arguments", [(), ("--gateway",)])
def test_the_child_is_told_and_the_parent_stays_well(
    program: Program, tessera_gateway: Gateway, arguments: "tuple[str, ...]"
) -> None:
    tickets = {name.upper(): tessera_gateway.sign(name) for name in ("alice", "bob")}
    ended = program(TEXT, str(times(200, 10)), *arguments, env=tickets, timeout=240)
    assert ended.returncode == 0 and ended.stdout.endswith("well\n"), ended.stderr


def test_the_child_of_a_callback_hears_of_nothing_more(program: Program) -> None:
    # C18
    text = """
    import os, threading, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    from tessera_im.v2tim import V2TIMManager
    parent, children = os.getpid(), []
    go_on, told = threading.Event(), threading.Event()

    def forks(code, desc):
        go_on.wait(30)
        child = os.fork()
        if child:
            children.append(child)

    def hears(code, desc):
        os.write(1, b"parent\\n" if os.getpid() == parent else b"child\\n")
        told.set()

    manager = V2TIMManager.get_instance()
    manager.logout(forks)
    manager.logout(hears)
    go_on.set()
    assert told.wait(30)
    # Its only thread was that of the callbacks, which has nothing to do there.
    assert os.waitpid(children[0], 0)[1] == 0
    print("well")
    """
    ended = program(text)
    assert (ended.returncode, ended.stdout) == (0, "parent\nwell\n"), ended.stderr


def test_a_process_that_has_only_imported_may_fork(program: Program, tessera_gateway: Gateway) -> None:
    text = """
    import os, warnings
    import tessera_im, tessera_im.v2tim
    if os.fork() == 0:
        with tessera_im.Client(int(os.environ["APP"])) as client:
            client.login("alice", os.environ["ALICE"]).wait(timeout=30)
        os._exit(0)
    assert os.wait()[1] == 0
    with tessera_im.Client(int(os.environ["APP"])) as client:
        client.login("alice", os.environ["ALICE"]).wait(timeout=30)
    """
    ended = program(text, env={"ALICE": tessera_gateway.sign("alice")})
    assert ended.returncode == 0, ended.stderr


def test_workers_of_multiprocessing_log_in(program: Program, tessera_gateway: Gateway) -> None:
    text = """
    import multiprocessing, os, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    import tessera_im
    app = int(os.environ["APP"])

    def work(number):
        user = f"user{number}"
        with tessera_im.Client(app) as client:
            client.login(user, tessera_im.sign(app, os.environ["KEY"], user)).wait(timeout=30)
            return client.login_user

    with tessera_im.Client(app) as client:
        client.login("alice", os.environ["ALICE"]).wait(timeout=30)
        with multiprocessing.get_context("fork").Pool(3) as pool:
            assert pool.map(work, range(9)) == [f"user{number}" for number in range(9)]
        assert client.login_user == "alice"
    """
    ended = program(text, env={"ALICE": tessera_gateway.sign("alice"), "KEY": tessera_gateway.key})
    assert ended.returncode == 0, ended.stderr
