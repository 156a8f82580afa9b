"""`Client`, blocking: calls and their errors, events, the end, and what the garbage collector makes of it."""

from __future__ import annotations

import asyncio
import gc
import logging
import pickle
import threading
import weakref
from typing import Any, List

import pytest

import tessera_im
import tessera_im.v2tim
from tessera_im import (
    AccountError,
    ArgumentError,
    Client,
    ConnectFailed,
    Connecting,
    ConnectionStatus,
    ConnectSuccess,
    Disconnected,
    Events,
    KickedOffline,
    LoginStatus,
    NetworkError,
    StateError,
    TesseraError,
    TicketError,
    UserSigExpired,
)
from tessera_im.testkit import Gateway, wait_until


def test_a_login_moves_status_and_user_and_a_logout_moves_them_back(tessera_gateway: Gateway) -> None:
    # C1 C3 C8 C21
    with Client(tessera_gateway.sdk_app_id) as client:
        assert client.status is LoginStatus.LOGGED_OUT and client.login_user is None
        login = client.login("alice", tessera_gateway.sign("alice"))
        assert client.status in (LoginStatus.LOGGING_IN, LoginStatus.LOGGED_IN)
        login.wait()
        assert login.done() and repr(login) == "<Pending done>"
        assert client.status is LoginStatus.LOGGED_IN and client.login_user == "alice"
        assert client.connection_status is ConnectionStatus.CONNECTED
        assert client.server_time is not None and abs(client.server_time - tessera_gateway.now()) < 5
        assert repr(client) == "<Client logged_in as alice>"
        client.logout().wait()
        assert client.status is LoginStatus.LOGGED_OUT and client.login_user is None


def test_many_clients_have_one_account_each(tessera_gateway: Gateway) -> None:
    # C20
    clients = [tessera_gateway.client(f"device{n}") for n in range(20)]
    logins = [client.login(f"user{n}", tessera_gateway.sign(f"user{n}")) for n, client in enumerate(clients)]
    for login in logins:
        login.wait()
    assert [client.login_user for client in clients] == [f"user{n}" for n in range(20)]
    assert tessera_gateway.logins() == 20


@pytest.mark.parametrize(
    "user, ticket, code, kind",
    [
        ("", "x", 6017, ArgumentError),
        ("alice", "", 6017, ArgumentError),
        ("not a user", "x", 7003, ArgumentError),
        ("alice", "x", 70003, TicketError),
    ],
)
def test_arguments_and_tickets_are_refused(
    tessera_gateway: Gateway, user: str, ticket: str, code: int, kind: type
) -> None:
    # C4 C17
    phone = tessera_gateway.client("phone")
    with pytest.raises(TesseraError) as refused:
        phone.login(user, ticket).wait()
    assert type(refused.value) is kind and refused.value.code == code
    assert not refused.value.needs_new_ticket and refused.value.desc


def test_errors_say_what_helps(tessera_gateway: Gateway) -> None:
    # C17
    phone = tessera_gateway.client("phone")
    ticket = tessera_gateway.sign("alice", 1, at=tessera_gateway.now() - 10)
    with pytest.raises(TicketError) as expired:
        phone.login("alice", ticket).wait()
    # C16: the gateway's time is known, or not yet.
    assert expired.value.code in (6206, 70001) and expired.value.needs_new_ticket and not expired.value.retryable
    phone.login("alice", tessera_gateway.sign("alice")).wait()
    tessera_gateway.disable("alice")
    wait_until(lambda: phone.status is LoginStatus.LOGGED_OUT)
    with pytest.raises(AccountError) as disabled:
        phone.login("alice", tessera_gateway.sign("alice")).wait()
    assert disabled.value.code == 70051 and not disabled.value.needs_new_ticket
    with tessera_gateway.network("slow").refuse():
        slow = tessera_gateway.client("slow", login_timeout_ms=200)
        with pytest.raises(NetworkError) as lost:
            slow.login("alice", tessera_gateway.sign("alice")).wait()
    assert lost.value.code == 9523 and lost.value.retryable


def test_an_error_survives_pickling() -> None:
    error = TicketError(70001, "expired", False, True, 1.5)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is TicketError and copy.__dict__ == error.__dict__ and str(copy) == "70001: expired"


def test_without_init_a_call_fails_with_6013() -> None:
    # C5
    client = Client(1)
    with pytest.raises(StateError) as refused:
        client.login("alice", "x").wait()
    assert refused.value.code == 6013
    assert client.server_time is None


def test_init_again_is_a_success_and_with_another_app_an_error(tessera_gateway: Gateway) -> None:
    # C9
    with Client(tessera_gateway.sdk_app_id) as client:
        client.init()
        client.un_init()
        client.un_init()
        client.init()
        client.login("alice", tessera_gateway.sign("alice")).wait()
    with pytest.raises(TypeError, match="without an sdk_app_id"):
        Client().init()
    with pytest.raises(TypeError, match="init_sdk"):
        tessera_im.v2tim.V2TIMManager.get_instance().client.init()
    with pytest.raises(OverflowError):
        Client(-1)


def test_un_init_ends_what_waits_with_7009(tessera_gateway: Gateway) -> None:
    # C9
    client = tessera_gateway.client("phone")
    tessera_gateway.network("phone").stall()
    login = client.login("alice", tessera_gateway.sign("alice"))
    client.un_init()
    with pytest.raises(StateError) as ended:
        login.wait()
    assert ended.value.code == 7009


def test_a_newer_login_ends_an_older_one_and_the_same_one_joins(tessera_gateway: Gateway) -> None:
    # C6
    client = tessera_gateway.client("phone")
    tessera_gateway.network("phone").stall()
    alice = tessera_gateway.sign("alice")
    first, joined = client.login("alice", alice), client.login("alice", alice)
    other = client.login("bob", tessera_gateway.sign("bob"))
    for login in (first, joined):
        with pytest.raises(StateError) as superseded:
            login.wait()
        assert superseded.value.code == 6023
    with pytest.raises(TimeoutError):
        other.wait(timeout=0.01)
    assert not other.done()
    tessera_gateway.network("phone").restore()
    other.wait()
    assert client.login_user == "bob"


def test_events_come_in_order_and_end_with_un_init(tessera_gateway: Gateway) -> None:
    # C18
    client = Client(tessera_gateway.sdk_app_id)
    events, others = client.events(), client.events()
    client.init()
    assert isinstance(events.get(timeout=30), Connecting)
    assert isinstance(events.get(timeout=30), ConnectSuccess)
    client.login("alice", tessera_gateway.sign("alice")).wait()
    tessera_gateway.kick("alice")
    kicked = events.wait_for(KickedOffline)
    assert (kicked.reason, kicked.platform, kicked.code) == ("admin", None, None)
    assert abs(kicked.at - tessera_gateway.now()) < 5
    assert repr(kicked).startswith('KickedOffline(reason="admin", platform=None, at=')
    client.un_init()
    assert events.get() is None and list(events) == []
    assert [type(event).__name__ for event in others] == ["Connecting", "ConnectSuccess", "KickedOffline"]


def test_waiting_for_an_event_tells_what_has_come_instead(tessera_gateway: Gateway) -> None:
    client = Client(tessera_gateway.sdk_app_id)
    events = client.events()
    with client:
        client.login("alice", tessera_gateway.sign("alice")).wait()
        with pytest.raises(TimeoutError, match=r"no KickedOffline has come, but \[Connecting\(\), ConnectSuccess"):
            events.wait_for(KickedOffline, timeout=0.05)
        with pytest.raises(TimeoutError):
            events.get(timeout=0)
        tessera_gateway.expire_now("alice")
        assert isinstance(events.wait_for(UserSigExpired), UserSigExpired)
    with pytest.raises(TimeoutError, match="nothing"):
        events.wait_for(KickedOffline)


def test_a_receiver_blocks_until_an_event_comes(tessera_gateway: Gateway) -> None:
    client = Client(tessera_gateway.sdk_app_id)
    events = client.events()
    got: List[Any] = []
    reader = threading.Thread(target=lambda: got.extend(events))
    reader.start()
    with client:
        wait_until(lambda: len(got) == 2)
    reader.join(30)
    assert not reader.is_alive() and len(got) == 2


def test_a_reader_goes_on_waiting_when_another_was_faster() -> None:
    # C18
    class Receiver:
        """What two threads read from: the other one takes the first event of two, then there are no more."""

        def __init__(self) -> None:
            self.events: List[Any] = [None, ConnectSuccess(), None, None]

        def wait(self, timeout: object = None) -> bool:
            return True

        def pop(self) -> Any:
            return self.events.pop(0)

        def has_ended(self) -> bool:
            return len(self.events) < 3

    assert isinstance(Events(Receiver()).get(), ConnectSuccess)  # type: ignore[arg-type]
    assert isinstance(Events(Receiver()).get(timeout=30), ConnectSuccess)  # type: ignore[arg-type]
    assert isinstance(Events(Receiver()).wait_for(ConnectSuccess), ConnectSuccess)  # type: ignore[arg-type]
    assert len(list(Events(Receiver()))) == 1  # type: ignore[arg-type]


def test_an_event_that_comes_just_before_the_end_is_not_lost() -> None:
    # C18
    class Receiver:
        """Somebody puts an event there, and the end, after the first look."""

        def __init__(self) -> None:
            self.events: List[Any] = [None, ConnectSuccess(), None, None]

        def wait(self, timeout: object = None) -> bool:
            return True

        def pop(self) -> Any:
            return self.events.pop(0)

        def has_ended(self) -> bool:
            return True

    async def awaited() -> List[Any]:
        return [event async for event in Events(Receiver())]  # type: ignore[arg-type]

    assert len(list(Events(Receiver()))) == len(asyncio.run(awaited())) == 1  # type: ignore[arg-type]


def test_timeouts_are_numbers_of_seconds(tessera_gateway: Gateway) -> None:
    client = tessera_gateway.client("phone")
    tessera_gateway.network("phone").stall()
    login = client.login("alice", tessera_gateway.sign("alice"))
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError):
            login.wait(timeout=wrong)


def test_a_failure_that_nobody_waits_for_is_logged(
    tessera_gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    phone = tessera_gateway.client("phone")
    login = phone.login("", "")
    wait_until(login.done)
    del login
    phone.login("alice", tessera_gateway.sign("alice")).wait()
    phone.login("alice", tessera_gateway.sign("alice"))  # A success is no news.
    phone.login("bob", "bad")
    wait_until(lambda: len(nobody_has_waited(caplog)) == 2)
    tessera_gateway.network("phone").stall()
    phone.login("bob", tessera_gateway.sign("bob"))
    phone.un_init()
    with pytest.raises(ArgumentError):
        phone.login("", "").wait()
    at_once, later = nobody_has_waited(caplog)
    assert "6017" in at_once.getMessage() and "70003" in later.getMessage()
    assert at_once.levelname == later.levelname == "WARNING"


def nobody_has_waited(caplog: pytest.LogCaptureFixture) -> List[logging.LogRecord]:
    return [record for record in caplog.records if "nobody has waited" in record.getMessage()]


def test_a_client_that_nobody_has_any_more_ends(tessera_gateway: Gateway) -> None:
    def threads() -> "set[threading.Thread]":
        """Those of clients. The one that moves log records is the process's: whatever initialises first starts it."""
        return {thread for thread in threading.enumerate() if thread.name == "tessera-im"}

    others = threads()
    client = Client(tessera_gateway.sdk_app_id)
    client.init()
    client.login("alice", tessera_gateway.sign("alice")).wait()
    tessera_gateway.network("app").stall()
    waits = client.login("bob", tessera_gateway.sign("bob"))
    del client
    gc.collect()
    with pytest.raises(StateError) as ended:
        waits.wait(timeout=30)
    assert ended.value.code == 7009
    tessera_gateway.network("app").restore()
    wait_until(lambda: threads() <= others)


def test_a_cycle_through_a_listener_is_collected(tessera_gateway: Gateway) -> None:
    class Holder:
        client: Client

        def on_connecting(self) -> None:
            pass

        def provide(self, user: str) -> str:
            return user

    def make() -> "weakref.ref[Client]":
        holder = Holder()
        holder.client = Client(tessera_gateway.sdk_app_id)
        holder.client.add_listener(holder)
        holder.client.set_ticket_provider(holder.provide)
        holder.client.init()
        return weakref.ref(holder.client)

    gone = make()
    # A callback that runs holds the listener for as long as it does.
    wait_until(lambda: gc.collect() >= 0 and gone() is None)


def test_clients_are_not_to_be_subclassed_or_copied() -> None:
    with pytest.raises(TypeError):
        type("Sub", (Client,), {})
    with pytest.raises(TypeError):
        pickle.dumps(Client())
    assert tessera_im.__version__ == tessera_im.v2tim.V2TIMManager.get_instance().get_version()


def test_threads_that_make_the_first_call_together_start_one_thread(tessera_gateway: Gateway) -> None:
    # C18
    for _ in range(5):
        before = set(threading.enumerate())
        client = Client(tessera_gateway.sdk_app_id)
        together = threading.Barrier(8)

        def first() -> None:
            together.wait(30)
            client.login("alice", "x")

        callers = [threading.Thread(target=first) for _ in range(8)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        new = [thread.name for thread in threading.enumerate() if thread not in before]
        assert new == ["tessera-im"]
        client.init()
        client.un_init()


def test_what_can_be_no_listener_and_no_provider_is_refused() -> None:
    client, manager = Client(), tessera_im.v2tim.V2TIMManager.get_instance()

    class OfAnotherLanguage:
        def onKickedOffline(self) -> None:
            pass

    for wrong in (None, 3, OfAnotherLanguage()):
        for add in (client.add_listener, manager.add_im_sdk_listener):
            with pytest.raises(TypeError, match="such as on_kicked_offline"):
                add(wrong)
        client.remove_listener(wrong)
    with pytest.raises(TypeError, match="ticket provider"):
        client.set_ticket_provider(3)  # type: ignore[arg-type]
    client.set_ticket_provider(None)
    for config in ({"server_url": "ws://x"}, 42):
        with pytest.raises(TypeError, match="V2TIMSDKConfig or None"):
            manager.init_sdk(1, config)  # type: ignore[arg-type]


def test_events_can_be_made_for_tests_of_what_handles_them() -> None:
    kick = KickedOffline(reason="policy", platform="ipad")
    assert (kick.reason, kick.platform, kick.at, kick.code) == ("policy", "ipad", 0.0, None)
    lost = Disconnected(code=9508, desc="gone")
    assert repr(lost) == 'Disconnected(code=9508, desc="gone")' and isinstance(lost, tessera_im.Event)
    assert ConnectFailed(code=1, desc="x").desc == "x"
    for kind in (Connecting, ConnectSuccess, UserSigExpired):
        assert repr(kind()) == f"{kind.__name__}()"
    assert KickedOffline.__match_args__ == ("reason", "platform", "at", "code")
    assert Disconnected.__match_args__ == ConnectFailed.__match_args__ == ("code", "desc")
    with pytest.raises(ValueError, match="reason"):
        KickedOffline(reason="weather")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="platform"):
        KickedOffline(reason="policy", platform="amiga")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        KickedOffline()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        tessera_im.Event()


def test_the_module_lists_what_it_has() -> None:
    assert set(tessera_im.__all__) <= set(dir(tessera_im))
