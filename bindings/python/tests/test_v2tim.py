"""V2TIM's names: a login in each manner of callback, listeners, and the numbers of Python."""

from __future__ import annotations

import threading
from typing import List, Tuple
from unittest import mock

import pytest

from tessera_im import TesseraError
from tessera_im.testkit import Callback, Gateway, Recorder, wait_until
from tessera_im.v2tim import (
    V2TIM_STATUS_LOGINED,
    V2TIM_STATUS_LOGINING,
    V2TIM_STATUS_LOGOUT,
    V2TIMCallback,
    V2TIMManager,
    V2TIMSDKConfig,
    V2TIMSDKListener,
)


def login(manager: V2TIMManager, user: str, ticket: str) -> Tuple[int, str]:
    callback = Callback()
    manager.login(user, ticket, callback)
    return callback.wait()


def test_there_is_one_manager() -> None:
    assert V2TIMManager.get_instance() is V2TIMManager.get_instance()
    with pytest.raises(TypeError):
        V2TIMManager()


def test_a_login_with_an_object(manager: V2TIMManager, tessera_gateway: Gateway) -> None:
    # C1 C2 C3
    callback = Callback()
    assert manager.get_login_status() is V2TIM_STATUS_LOGOUT
    manager.login("alice", tessera_gateway.sign("alice"), callback)
    assert manager.get_login_status() in (V2TIM_STATUS_LOGINING, V2TIM_STATUS_LOGINED)
    assert callback.wait() == (0, "")
    assert manager.get_login_status() == 1 and manager.get_login_user() == "alice"
    assert abs(manager.get_server_time() - tessera_gateway.now()) < 5
    out = Callback()
    manager.logout(out)
    assert out.wait() == (0, "") and manager.get_login_user() == ""


def test_a_login_with_a_function_and_with_nobody(manager: V2TIMManager, tessera_gateway: Gateway) -> None:
    called = threading.Event()
    results: List[Tuple[int, str, str]] = []

    def done(code: int, desc: str) -> None:
        results.append((code, desc, manager.get_login_user()))
        called.set()

    manager.login("alice", tessera_gateway.sign("alice"))
    manager.login("alice", "", done)
    assert called.wait(30)
    assert results[0][0] == 6017 and results[0][1]
    tessera_gateway.wait_for_sessions("alice", 1)


def test_a_callback_gets_the_error_with_what_helps(manager: V2TIMManager, tessera_gateway: Gateway) -> None:
    # C17
    called = threading.Event()
    told: List[object] = []

    class Result(V2TIMCallback):
        def on_error(self, code: int, desc: str) -> None:
            told.append(code)

        def on_error_ex(self, error: TesseraError) -> None:
            told.append((error.code, error.needs_new_ticket))
            called.set()

    old = tessera_gateway.sign("alice", 1, at=tessera_gateway.now() - 100)
    manager.login("alice", old, Result())
    assert called.wait(30)
    assert told in ([70001, (70001, True)], [6206, (6206, True)])


def test_what_is_no_callback_is_refused_at_once(manager: V2TIMManager) -> None:
    with pytest.raises(TypeError, match="on_success"):
        manager.login("alice", "x", 42)  # type: ignore[arg-type]
    manager.logout(None)
    called = mock.Mock()
    manager.logout(called)
    wait_until(lambda: called.call_count)
    called.assert_called_once_with(0, "")


def test_without_init_the_callback_gets_6013() -> None:
    # C5
    manager = V2TIMManager.get_instance()
    assert login(manager, "alice", "x")[0] == 6013
    assert manager.get_login_status() == 3 and manager.get_login_user() == "" and manager.get_server_time() == 0


def test_a_failed_init_says_why(tessera_gateway: Gateway) -> None:
    # C9
    manager = V2TIMManager.get_instance()
    assert not manager.init_sdk(0, V2TIMSDKConfig())
    assert manager.last_error is not None and manager.last_error.code == 6017
    assert not manager.init_sdk(1, V2TIMSDKConfig(server_url="http://x"))
    assert manager.init_sdk(tessera_gateway.sdk_app_id)
    assert manager.last_error is None
    assert manager.init_sdk(tessera_gateway.sdk_app_id)
    assert not manager.init_sdk(tessera_gateway.sdk_app_id + 1)
    assert manager.last_error is not None and manager.last_error.code == 90101


def test_listeners_hear_the_session(manager: V2TIMManager, tessera_gateway: Gateway) -> None:
    # C12 C14 C19
    recorder, late = Recorder(), Recorder()
    manager.add_im_sdk_listener(recorder)
    manager.add_im_sdk_listener(recorder)
    manager.add_im_sdk_listener(late)
    assert login(manager, "alice", tessera_gateway.sign("alice"))[0] == 0
    manager.remove_im_sdk_listener(late)
    manager.remove_im_sdk_listener(late)
    tessera_gateway.kick("alice")
    kick = recorder.wait_for("on_kicked_offline_ex")[1]
    assert recorder.names().count("on_kicked_offline_ex") == 1
    assert kick.reason == "admin"
    assert recorder.names().count("on_kicked_offline") == 1
    assert "on_kicked_offline" not in late.names()
    assert manager.get_login_user() == ""
    assert login(manager, "alice", tessera_gateway.sign("alice", at=tessera_gateway.now() + 2))[0] == 0
    tessera_gateway.expire_now("alice")
    recorder.wait_for("on_user_sig_expired")
    assert manager.get_login_status() is V2TIM_STATUS_LOGOUT


def test_a_listener_may_have_only_some_of_the_methods(manager: V2TIMManager, tessera_gateway: Gateway) -> None:
    kicked = threading.Event()

    class Partial:
        def on_kicked_offline(self) -> None:
            kicked.set()

    manager.add_im_sdk_listener(Partial())
    assert login(manager, "alice", tessera_gateway.sign("alice"))[0] == 0
    tessera_gateway.kick("alice")
    assert kicked.wait(30)


def test_a_listener_of_v2tim_has_every_event() -> None:
    # C19
    listener = V2TIMSDKListener()
    names = [name for name in dir(listener) if name.startswith("on_")]
    assert names == [
        "on_all_receive_message_opt_changed",
        "on_connect_failed",
        "on_connect_success",
        "on_connecting",
        "on_disconnected",
        "on_experimental_notify",
        "on_kicked_offline",
        "on_kicked_offline_ex",
        "on_self_info_updated",
        "on_user_info_changed",
        "on_user_sig_expired",
        "on_user_status_changed",
    ]


def test_the_manager_and_its_client_are_one(manager: V2TIMManager, tessera_gateway: Gateway) -> None:
    # C20
    manager.client.login("alice", tessera_gateway.sign("alice")).wait()
    assert manager.get_login_user() == "alice"
    assert repr(manager) == "<V2TIMManager logged_in as alice>"


def test_results_that_nobody_takes_are_limited(tessera_gateway: Gateway) -> None:
    # C18
    manager = V2TIMManager.get_instance()
    # Without a connection, whose events would take room too.
    config = V2TIMSDKConfig(events_waiting_max=16, connect_at_init=False)
    assert manager.init_sdk(tessera_gateway.sdk_app_id, config)
    entered, go_on = threading.Event(), threading.Event()

    def stuck(code: int, desc: str) -> None:
        entered.set()
        go_on.wait(30)

    manager.logout(stuck)
    assert entered.wait(30)
    done: List[int] = []
    with pytest.raises(TesseraError) as refused:
        for _ in range(1000):
            manager.logout(lambda code, _desc: done.append(code))
    assert refused.value.code == 7008
    go_on.set()
    last = Callback()
    for _ in range(3000):
        try:
            manager.logout(last)
            break
        except TesseraError:
            threading.Event().wait(0.01)
    last.wait()
    assert set(done) == {0} and len(done) >= 16
