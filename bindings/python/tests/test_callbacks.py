"""Callbacks that call back, raise, block and remove themselves: the re-entrancy matrix (C9, C18, C19).

Each case is played with the client's own thread, and on an asyncio loop.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

from tessera_im import Client, KickedOffline, StateError, TesseraError
from tessera_im.testkit import Callback, Gateway, Recorder, wait_until
from tessera_im.v2tim import V2TIMCallback, V2TIMManager, V2TIMSDKConfig, V2TIMSDKListener

Act = Callable[[], object]
CONTEXTS = ["thread", "loop"]


class Stage:
    """An initialised manager whose callbacks run in one of the two contexts."""

    def __init__(self, gateway: Gateway, context: str) -> None:
        self.gateway = gateway
        self.manager = V2TIMManager.get_instance()
        self.loop: Optional[asyncio.AbstractEventLoop] = None
        self.listener: V2TIMSDKListener = V2TIMSDKListener()
        if context == "loop":
            self.loop = asyncio.new_event_loop()
            threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.call(lambda: self.manager.init_sdk(gateway.sdk_app_id, V2TIMSDKConfig()))

    def call(self, act: Act) -> Any:
        """Calls the API: on the loop, if there is one."""
        if self.loop is None:
            return act()

        async def acting() -> object:
            return act()

        return asyncio.run_coroutine_threadsafe(acting(), self.loop).result(30)

    def close(self) -> None:
        self.call(self.manager.un_init_sdk)
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.loop.stop)
            wait_until(lambda: self.loop is None or not self.loop.is_running())
            self.loop.close()


@pytest.fixture(params=CONTEXTS)
def stage(request: pytest.FixtureRequest, tessera_gateway: Gateway) -> Any:
    stage = Stage(tessera_gateway, request.param)
    yield stage
    stage.close()


def trigger_result(stage: Stage, inside: Act) -> None:
    stage.call(lambda: stage.manager.logout(lambda _code, _desc: inside()))


def trigger_error(stage: Stage, inside: Act) -> None:
    class Result(V2TIMCallback):
        def on_error(self, code: int, desc: str) -> None:
            inside()

    stage.call(lambda: stage.manager.login("", "", Result()))


def trigger_listener(stage: Stage, inside: Act) -> None:
    log_in(stage)

    class Once(V2TIMSDKListener):
        def on_kicked_offline(self) -> None:
            inside()

    stage.listener = Once()
    stage.call(lambda: stage.manager.add_im_sdk_listener(stage.listener))
    stage.gateway.kick("alice")


TRIGGERS = {"result": trigger_result, "error": trigger_error, "listener": trigger_listener}


def log_in(stage: Stage) -> None:
    callback = Callback()
    ticket = stage.gateway.sign("alice")
    stage.call(lambda: stage.manager.login("alice", ticket, callback))
    assert callback.wait() == (0, "")


def do_login(stage: Stage) -> Callable[[], object]:
    callback = Callback()
    ticket = stage.gateway.sign("bob")
    stage.manager.login("bob", ticket, callback)
    return lambda: callback.wait() == (0, "")


def do_logout(stage: Stage) -> Callable[[], object]:
    callback = Callback()
    stage.manager.logout(callback)
    return lambda: callback.wait() == (0, "")


def do_blocking_login(stage: Stage) -> Callable[[], object]:
    with pytest.raises(StateError) as refused:
        stage.manager.client.login("bob", stage.gateway.sign("bob")).wait()
    assert refused.value.code == 7014
    return lambda: True


def do_blocking_events(stage: Stage) -> Callable[[], object]:
    events = stage.manager.client.events()
    with pytest.raises(StateError) as refused:
        events.get(timeout=1)
    assert refused.value.code == 7014
    return lambda: True


def do_un_init(stage: Stage) -> Callable[[], object]:
    callback = Callback()
    stage.gateway.network("app").stall()
    stage.manager.login("bob", stage.gateway.sign("bob"), callback)
    stage.manager.un_init_sdk()
    # It runs the completions itself before it returns (C9).
    assert callback.wait(0)[0] == 7009
    stage.gateway.network("app").restore()
    return lambda: stage.manager.get_login_status() == 3


def do_un_init_and_init(stage: Stage) -> Callable[[], object]:
    stage.manager.un_init_sdk()
    assert stage.manager.init_sdk(stage.gateway.sdk_app_id)
    return do_login(stage)


def do_init_again(stage: Stage) -> Callable[[], object]:
    assert stage.manager.init_sdk(stage.gateway.sdk_app_id)
    return lambda: True


def do_add_listener(stage: Stage) -> Callable[[], object]:
    recorder = Recorder()
    stage.manager.add_im_sdk_listener(recorder)
    logged_in = do_login(stage)

    def finish() -> object:
        assert logged_in()
        stage.gateway.kick("bob")
        return recorder.wait_for("on_kicked_offline")

    return finish


def do_remove_listener(stage: Stage) -> Callable[[], object]:
    stage.manager.remove_im_sdk_listener(stage.listener)
    return lambda: True


def do_getters(stage: Stage) -> Callable[[], object]:
    manager = stage.manager
    manager.get_login_status(), manager.get_login_user(), manager.get_server_time(), manager.get_version()
    assert manager.last_error is None and manager.client.login_user in (None, "alice")
    return lambda: True


def do_hint(stage: Stage) -> Callable[[], object]:
    stage.manager.client.notify_network_available()
    stage.manager.client.set_ticket_provider(lambda user: stage.gateway.sign(user))
    return lambda: True


def do_another_client(stage: Stage) -> Callable[[], object]:
    other = stage.gateway.client("other")
    login = other.login("carol", stage.gateway.sign("carol"))

    def finish() -> bool:
        wait_until(login.done)
        return other.login_user == "carol"

    return finish


ACTIONS = {name[3:]: act for name, act in list(globals().items()) if name.startswith("do_")}


@pytest.mark.parametrize("action", sorted(ACTIONS))
@pytest.mark.parametrize("trigger", sorted(TRIGGERS))
def test_everything_may_be_called_from_inside_a_callback(stage: Stage, trigger: str, action: str) -> None:
    # C18
    done = threading.Event()
    outcome: List[Any] = []

    def inside() -> None:
        try:
            outcome.append(ACTIONS[action](stage))
        except BaseException as error:
            outcome.append(error)
        done.set()

    TRIGGERS[trigger](stage, inside)
    assert done.wait(30), "the callback has not returned"
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    assert outcome[0]()


@pytest.mark.parametrize(
    "error",
    [AttributeError("on_connecting"), ValueError("x"), SystemExit(3), KeyboardInterrupt(), GeneratorExit(), StopIteration(), MemoryError()],
)
def test_what_a_callback_raises_is_logged_and_hurts_nobody(
    stage: Stage, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    # C19
    class Raises(V2TIMSDKListener):
        def on_connecting(self) -> None:
            raise error

        def on_connect_success(self) -> None:
            raise error

        def on_kicked_offline(self) -> None:
            raise error

    def raises(code: int, desc: str) -> None:
        raise error

    first, last = Raises(), Recorder()
    for listener in (first, last):
        stage.call(lambda: stage.manager.add_im_sdk_listener(listener))
    log_in(stage)
    stage.call(lambda: stage.manager.login("", "", raises))
    stage.gateway.network("app").cut()
    last.wait_for("on_connect_success")
    stage.gateway.kick("alice")
    last.wait_for("on_kicked_offline")
    done = Callback()
    stage.call(lambda: stage.manager.logout(done))
    assert done.wait() == (0, "")
    raised = [record for record in caplog.records if record.name == "tessera_im" and record.exc_info]
    assert {record.getMessage() for record in raised} == {"a listener has raised", "a callback has raised"}
    assert all(record.exc_info is not None and record.exc_info[1] is error for record in raised)


def test_a_method_that_a_listener_does_not_have_is_not_missed(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    class Kicks:
        heard = 0

        def on_kicked_offline(self) -> None:
            self.heard += 1

    kicks, last = Kicks(), Recorder()
    for listener in (kicks, last):
        stage.call(lambda: stage.manager.add_im_sdk_listener(listener))
    log_in(stage)
    stage.gateway.network("app").cut()
    last.wait_for("on_connect_success")
    stage.gateway.kick("alice")
    last.wait_for("on_kicked_offline")
    assert kicks.heard == 1
    assert not [record for record in caplog.records if record.name == "tessera_im" and record.exc_info]


def test_a_handler_of_logging_that_raises_hurts_nobody(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(logging.Handler):
        def handle(self, record: logging.LogRecord) -> bool:
            raise RuntimeError("this handler always raises")

    unraisable: List[Any] = []
    monkeypatch.setattr("sys.unraisablehook", unraisable.append)
    logger = logging.getLogger("tessera_im")
    broken = Broken()
    logger.addHandler(broken)
    try:
        stage.call(lambda: stage.manager.login("", "", lambda code, desc: 1 / 0))
        done = Callback()
        stage.call(lambda: stage.manager.logout(done))
        assert done.wait() == (0, "")
    finally:
        logger.removeHandler(broken)
    assert any(isinstance(told.exc_value, ZeroDivisionError) for told in unraisable)


def test_un_init_waits_for_the_callback_that_runs_and_only_so_long(tessera_gateway: Gateway) -> None:
    # C9
    manager = V2TIMManager.get_instance()
    assert manager.init_sdk(tessera_gateway.sdk_app_id, V2TIMSDKConfig(uninit_timeout_ms=100))
    entered, go_on, left = threading.Event(), threading.Event(), threading.Event()

    def slow(code: int, desc: str) -> None:
        entered.set()
        go_on.wait(30)
        left.set()

    later = Callback()
    manager.logout(slow)
    assert entered.wait(30)
    manager.logout(later)
    manager.un_init_sdk()
    assert not left.is_set(), "it has given up on a callback that is stuck"
    go_on.set()
    assert later.wait()[0] == 7009
    assert left.is_set()

    # A callback that returns in time is waited for.
    assert manager.init_sdk(tessera_gateway.sdk_app_id, V2TIMSDKConfig(uninit_timeout_ms=60_000))
    for event in (entered, go_on, left):
        event.clear()
    manager.logout(slow)
    assert entered.wait(30)
    threading.Timer(0.05, go_on.set).start()
    manager.un_init_sdk()
    assert left.is_set()


def test_after_a_removal_no_callback_runs_or_starts(manager: V2TIMManager, tessera_gateway: Gateway) -> None:
    # C19
    entered, go_on = threading.Event(), threading.Event()
    running: List[str] = []

    class Slow(V2TIMSDKListener):
        def on_connecting(self) -> None:
            running.append("begin")
            entered.set()
            go_on.wait(30)
            running.append("end")

    slow = Slow()
    manager.client.login("alice", tessera_gateway.sign("alice")).wait()
    manager.add_im_sdk_listener(slow)
    tessera_gateway.network("app").cut()
    assert entered.wait(30)
    threading.Timer(0.05, go_on.set).start()
    manager.remove_im_sdk_listener(slow)
    assert running == ["begin", "end"], "the removal has waited for the callback"
    tessera_gateway.network("app").cut()
    tessera_gateway.wait_for_connected("alice", 1)
    assert running == ["begin", "end"]


def test_callbacks_of_one_client_come_one_at_a_time_and_do_not_hold_up_another(tessera_gateway: Gateway) -> None:
    # C18
    inside: Dict[str, int] = {"now": 0, "most": 0}
    go_on = threading.Event()

    class Counts(V2TIMSDKListener):
        def on_connecting(self) -> None:
            inside["now"] += 1
            inside["most"] = max(inside["most"], inside["now"])
            go_on.wait(30)
            inside["now"] -= 1

    stuck, free = Client(tessera_gateway.sdk_app_id), tessera_gateway.client("free")
    for _ in range(3):
        stuck.add_listener(Counts())
    stuck.init()
    wait_until(lambda: inside["now"] == 1)
    free.login("bob", tessera_gateway.sign("bob")).wait(timeout=30)
    login = stuck.login("alice", tessera_gateway.sign("alice"))
    with pytest.raises(TimeoutError):
        login.wait(timeout=0.05)
    go_on.set()
    login.wait()
    assert inside == {"now": 0, "most": 1}
    stuck.un_init()


def test_two_clients_whose_callbacks_end_each_other_are_not_stuck(tessera_gateway: Gateway) -> None:
    # C9 C18
    clients: List[Client] = []
    met = threading.Barrier(2)

    class Ends(V2TIMSDKListener):
        def __init__(self, other: int) -> None:
            self.other = other

        def on_connecting(self) -> None:
            met.wait(30)
            clients[self.other].un_init()

    for n in range(2):
        client = Client(tessera_gateway.sdk_app_id, uninit_timeout_ms=100)
        client.add_listener(Ends(1 - n))
        clients.append(client)
    for client in clients:
        client.init()
    wait_until(lambda: all(client.connection_status.name == "DISCONNECTED" for client in clients))
    for client in clients:
        with pytest.raises(TesseraError):
            client.login("alice", "x").wait()


def test_locks_of_the_host_may_be_held_around_calls(tessera_gateway: Gateway) -> None:
    """A lock that is held around a call and taken in its callback: the classic deadlock of callbacks inside calls."""
    # C18
    lock = threading.Lock()
    order: List[Tuple[str, int]] = []
    client = tessera_gateway.client("phone")

    class Locks(V2TIMSDKListener):
        def on_connect_success(self) -> None:
            with lock:
                order.append(("connected", 0))

    client.add_listener(Locks())
    for n in range(20):
        with lock:
            login = client.login("alice", tessera_gateway.sign("alice"))
            order.append(("called", n))
        login.wait()
        with lock:
            out = client.logout()
        out.wait()
    assert [n for what, n in order if what == "called"] == list(range(20))


@pytest.mark.filterwarnings("error")
def test_a_coroutine_function_needs_a_loop_and_that_is_told(
    manager: V2TIMManager, tessera_gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    # C19
    class Async:
        async def on_kicked_offline(self) -> None:
            raise AssertionError("there is no loop that could run it")

    async def result(code: int, desc: str) -> None:
        raise AssertionError("there is no loop that could run it")

    heard = Recorder()
    for listener in (Async(), heard):
        manager.add_im_sdk_listener(listener)
    manager.client.login("alice", tessera_gateway.sign("alice")).wait()
    tessera_gateway.kick("alice")
    heard.wait_for("on_kicked_offline")
    manager.logout(result)
    manager.client.logout().wait()
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(told) == 2 and all("not initialised on an asyncio loop" in text for text in told)
    assert told[0].startswith("a listener is") and told[0].endswith("Async.on_kicked_offline")
    assert told[1].startswith("a callback is") and told[1].endswith("result")


@pytest.mark.parametrize("ending", ["remove", "un_init"])
def test_a_listener_that_ends_itself_in_a_kick_is_never_called_again(
    stage: Stage, ending: str
) -> None:
    # C19
    told: List[str] = []

    def end(listener: object) -> None:
        stage.manager.remove_im_sdk_listener(listener) if ending == "remove" else stage.manager.un_init_sdk()

    class Plain(V2TIMSDKListener):
        def on_kicked_offline(self) -> None:
            told.append("plain")
            end(self)

    class Both:
        def on_kicked_offline(self) -> None:
            told.append("never: the other is told instead")

        def on_kicked_offline_ex(self, kick: KickedOffline) -> None:
            told.append(f"both: {kick.reason}")
            end(self)

    class OnlyPlain:
        def on_kicked_offline(self) -> None:
            told.append("only plain")
            end(self)

    expected = {Plain: "plain", Both: "both: admin", OnlyPlain: "only plain"}
    for kind, text in expected.items():
        stage.gateway.move_clock(2)
        if ending == "un_init":
            stage.call(lambda: stage.manager.init_sdk(stage.gateway.sdk_app_id, V2TIMSDKConfig()))
        listener = kind()
        stage.call(lambda: stage.manager.add_im_sdk_listener(listener))
        log_in(stage)
        stage.gateway.kick("alice")
        wait_until(lambda: told)
        done = Callback()
        stage.call(lambda: stage.manager.logout(done))
        done.wait()
        assert told == [text]
        told.clear()
