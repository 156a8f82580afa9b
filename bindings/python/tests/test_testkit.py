"""The test kit: each thing that a test may do to a gateway and to a network."""

from __future__ import annotations

import os
import pathlib
from typing import Any, Dict, List, Tuple

import pytest

from tessera_im import Client, KickedOffline, LoginStatus, TesseraError, UserSigExpired
from tessera_im.testkit import Callback, Gateway, Network, Recorder, wait_until
from tessera_im.v2tim import V2TIMManager


def login(client: Client, gateway: Gateway, user: str = "alice") -> None:
    client.login(user, gateway.sign(user)).wait()


def test_a_gateway_starts_and_stops_and_gateways_do_not_disturb_each_other() -> None:
    with Gateway() as one, Gateway(sdk_app_id=7, key="secret") as two:
        assert one.url != two.url and (two.sdk_app_id, two.key) == (7, "secret")
        login(one.client(), one)
        login(two.client(), two)
        assert one.logins() == two.logins() == 1
    with pytest.raises(RuntimeError, match="stopped"):
        one.url
    one.close()
    assert one.sign("alice") and one.now() > 0


def test_wrong_options_are_told() -> None:
    cases: List[Tuple[Dict[str, Any], str]] = [
        ({"limits": {"no_such": 1}}, "no_such"),
        ({"policy": "quadruple"}, "single"),
        ({"policy": {"caps": {"web": 99}}}, "web"),
        ({"policy": {"cap": {}}}, "cap"),
        ({"key": ""}, "key"),
    ]
    for options, named in cases:
        with pytest.raises(ValueError, match=named):
            Gateway(**options)
    with pytest.raises(TypeError):
        Gateway(colour="red")
    with pytest.raises(OSError):
        Gateway(store="/no/such/folder/store.redb")


def test_kicks_accounts_and_expiry(tessera_gateway: Gateway) -> None:
    phone = tessera_gateway.client("phone")
    events = phone.events()
    with pytest.raises(TesseraError) as unknown:
        tessera_gateway.kick("alice")
    assert unknown.value.code == 70107 and tessera_gateway.sessions("alice") == []
    login(phone, tessera_gateway)
    old = tessera_gateway.sign("alice")
    sign_after = tessera_gateway.kick("alice")
    assert events.wait_for(KickedOffline).reason == "admin"
    with pytest.raises(TesseraError) as revoked:
        phone.login("alice", tessera_gateway.sign("alice", at=sign_after - 2)).wait()
    assert revoked.value.code == 70052
    phone.login("alice", tessera_gateway.sign("alice", at=sign_after)).wait()
    tessera_gateway.disable("alice")
    assert events.wait_for(KickedOffline).reason == "disabled"
    tessera_gateway.enable("alice")
    phone.login("alice", tessera_gateway.sign("alice", at=sign_after)).wait()
    tessera_gateway.expire_now("alice")
    events.wait_for(UserSigExpired)
    assert old != tessera_gateway.sign("alice", at=sign_after)


def test_the_clock_moves_and_clients_are_told(tessera_gateway: Gateway) -> None:
    phone = tessera_gateway.client("phone")
    events = phone.events()
    phone.login("alice", tessera_gateway.sign("alice", 3600)).wait()
    before = tessera_gateway.now()
    tessera_gateway.move_clock(3601)
    assert tessera_gateway.now() >= before + 3601
    events.wait_for(UserSigExpired)
    tessera_gateway.move_clock(-3601)
    with pytest.raises(ValueError):
        tessera_gateway.move_clock(float("nan"))


def test_policies_and_sessions(tessera_gateway: Gateway) -> None:
    tessera_gateway.set_policy("single")
    phone, web = tessera_gateway.client("phone", platform="android"), tessera_gateway.client("web", platform="web")
    events = phone.events()
    login(phone, tessera_gateway)
    login(web, tessera_gateway)
    kicked = events.wait_for(KickedOffline)
    assert (kicked.reason, kicked.platform) == ("policy", "web")
    tessera_gateway.set_policy({"preset": "multi", "caps": {"web": 2}})
    second = tessera_gateway.client("second", platform="web")
    login(second, tessera_gateway)
    sessions = tessera_gateway.sessions("alice")
    assert [session.platform for session in sessions] == ["web", "web"]
    assert all(session.connected and len(session.device_id) == len(session.session_id) == 32 for session in sessions)
    assert sessions[0].expires > tessera_gateway.now() and repr(sessions[0]) == "<Session on web, connected>"
    with pytest.raises(TesseraError) as refused:
        tessera_gateway.set_policy({"caps": {"web": 99}})
    assert refused.value.code == 70402


@pytest.mark.tessera_gateway(policy="single", offline_kick_error=True, limits={"lease_ms": 60000})
def test_kicked_while_offline_and_options_of_the_fixture(tessera_gateway: Gateway) -> None:
    # C13
    phone, tablet = tessera_gateway.client("phone"), tessera_gateway.client("tablet", platform="ipad")
    events = phone.events()
    login(phone, tessera_gateway)
    with tessera_gateway.network("phone").down():
        tessera_gateway.wait_for_connected("alice", 0)
        login(tablet, tessera_gateway)
    assert events.wait_for(KickedOffline).platform == "ipad"
    tessera_gateway.set_offline_kick_error(False)


def test_every_fault_of_a_network(tessera_gateway: Gateway) -> None:
    network = tessera_gateway.network("phone")
    assert isinstance(network, Network) and repr(network) == "<Network of phone>"
    phone = tessera_gateway.client("phone")
    login(phone, tessera_gateway)
    network.wait_for_connections(1)
    assert network.connections == 1
    network.cut()
    tessera_gateway.wait_for_connected("alice", 1)
    with network.down():
        tessera_gateway.wait_for_connected("alice", 0)
        assert phone.status is LoginStatus.LOGGED_IN
    tessera_gateway.wait_for_connected("alice", 1)
    phone.logout().wait()
    hasty = tessera_gateway.client("phone", login_timeout_ms=300, connect_timeout_ms=200)
    for fault in (network.stall, network.refuse):
        with fault():
            network.cut()
            with pytest.raises(TesseraError) as lost:
                login(hasty, tessera_gateway, "bob")
            assert lost.value.code in (9520, 9523)
    with network.delay(0.05):
        login(phone, tessera_gateway, "bob")
    with pytest.raises(ValueError):
        network.delay(-1)
    # Another client's network is another one.
    with network.down():
        login(tessera_gateway.client("other"), tessera_gateway, "carol")


def test_restart_drain_and_writes(tessera_gateway: Gateway) -> None:
    phone = tessera_gateway.client("phone")
    login(phone, tessera_gateway)
    url = tessera_gateway.url
    tessera_gateway.restart()
    assert tessera_gateway.url == url
    tessera_gateway.wait_for_connected("alice", 1)
    tessera_gateway.fail_writes(True)
    with pytest.raises(TesseraError):
        login(tessera_gateway.client("new", login_timeout_ms=300), tessera_gateway, "bob")
    tessera_gateway.fail_writes(False)
    with Gateway(limits={"drain_spread_ms": 10}) as other:
        client = other.client()
        login(client, other)
        other.drain(back_after=0.05)
        other.wait_for_connected("alice", 1)
        with pytest.raises(ValueError):
            other.drain(back_after=-1)


def test_a_store_in_a_file_outlives_the_gateway(tmp_path: pathlib.Path) -> None:
    # G9
    with Gateway(store=tmp_path / "store.redb") as gateway:
        login(gateway.client(), gateway)
        gateway.disable("alice")
    with Gateway(store=tmp_path / "store.redb") as gateway:
        with pytest.raises(TesseraError) as disabled:
            login(gateway.client(), gateway)
        assert disabled.value.code == 70051


def test_waiting_ends_in_time_and_says_what_there_was(tessera_gateway: Gateway) -> None:
    with pytest.raises(TimeoutError, match="waited for 1 sessions of alice, but there was 0"):
        tessera_gateway.wait_for_sessions("alice", 1, timeout=0.01)
    with pytest.raises(TimeoutError):
        tessera_gateway.wait_for_logins(1, timeout=0)
    with pytest.raises(TimeoutError):
        tessera_gateway.wait_until(lambda: False, timeout=0.01)
    with pytest.raises(ValueError, match="onKickedOffline"):
        Recorder().wait_for("onKickedOffline")
    with pytest.raises(TimeoutError, match="nothing"):
        Recorder().wait_for("on_connecting", timeout=0.01)
    with pytest.raises(TimeoutError):
        Callback().wait(timeout=0.01)
    login(tessera_gateway.client(), tessera_gateway)
    tessera_gateway.wait_for_sessions("alice", 1)
    tessera_gateway.wait_for_logins(1)


def test_code_that_knows_nothing_of_the_test_reaches_the_gateway(tessera_gateway: Gateway) -> None:
    # C23
    assert os.environ["TESSERA_ALLOW_PLAIN"] == "true"
    manager = V2TIMManager.get_instance()
    assert manager.init_sdk(tessera_gateway.sdk_app_id)
    callback, recorder = Callback(), Recorder()
    manager.add_im_sdk_listener(recorder)
    manager.login("alice", tessera_gateway.sign("alice"), callback)
    assert callback.wait() == (0, "")
    tessera_gateway.network("app").cut()
    recorder.wait_for("on_disconnected")
    recorder.wait_for("on_connect_success")
    assert "on_connecting" in recorder.names()


def test_closing_ends_the_clients_it_has_made() -> None:
    with Gateway() as gateway:
        client = gateway.client()
        login(client, gateway)
    assert client.status is LoginStatus.LOGGED_OUT
    wait_until(lambda: client.connection_status.name == "DISCONNECTED")


def test_a_name_is_a_device(tessera_gateway: Gateway) -> None:
    for _ in range(2):
        tessera_gateway.client("phone").login("alice", tessera_gateway.sign("alice")).wait()
    (phone,) = tessera_gateway.sessions("alice")
    assert phone.device_id == tessera_gateway.settings("phone").get("device_id")
    tessera_gateway.client("tablet").login("bob", tessera_gateway.sign("bob")).wait()
    assert tessera_gateway.sessions("bob")[0].device_id != phone.device_id
    assert "TESSERA_DEVICE_ID" not in tessera_gateway.environment("phone")
