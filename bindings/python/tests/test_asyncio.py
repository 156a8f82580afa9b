"""`Client` and the manager under asyncio: callbacks run on the loop that ran at init (C18)."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
import weakref
from typing import Any, Callable, Coroutine, List

import pytest

from tessera_im import Client, Connecting, KickedOffline, LoginStatus, Pending, StateError, TesseraError, _provider
from tessera_im.testkit import Callback, Gateway, Recorder, until, wait_until
from tessera_im.v2tim import V2TIMManager, V2TIMSDKConfig


def run(main: Coroutine[Any, Any, None]) -> None:
    """Runs a test on a loop that reports whatever goes wrong in it."""
    wrong: List[Any] = []

    async def watched() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: wrong.append(context))
        await asyncio.wait_for(main, 120)
        gc.collect()

    asyncio.run(watched(), debug=True)
    assert wrong == []


class NotedLoop(asyncio.SelectorEventLoop):
    """A loop that notes when another thread posts something to it."""

    def __init__(self) -> None:
        super().__init__()
        self.posted = threading.Event()

    def call_soon_threadsafe(self, *args: Any, **kwargs: Any) -> asyncio.Handle:  # type: ignore[override]
        handle = super().call_soon_threadsafe(*args, **kwargs)
        self.posted.set()
        return handle


def test_calls_are_awaited_and_events_are_iterated(tessera_gateway: Gateway) -> None:
    async def main() -> None:
        async with Client(tessera_gateway.sdk_app_id) as client:
            events = client.events()
            await client.login("alice", tessera_gateway.sign("alice"))
            assert client.status is LoginStatus.LOGGED_IN and client.login_user == "alice"
            with pytest.raises(TesseraError) as refused:
                await client.login("", "")
            assert refused.value.code == 6017
            tessera_gateway.kick("alice")
            async for event in events:
                if isinstance(event, KickedOffline):
                    assert event.reason == "admin"
                    break
            await client.logout()
        assert [event async for event in events] == []
        with pytest.raises(StateError) as ended:
            await client.login("alice", "x")
        assert ended.value.code == 6013

    run(main())


def test_callbacks_run_on_the_loop_and_never_inside_a_call(tessera_gateway: Gateway) -> None:
    # C18
    here = threading.get_ident()
    seen: List[Any] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()

        class Listener:
            def on_connect_success(self) -> None:
                seen.append((threading.get_ident() == here, asyncio.get_running_loop() is loop, calling))

        calling = True
        client = Client(tessera_gateway.sdk_app_id)
        client.add_listener(Listener())
        with client:
            calling = False
            pending = client.login("alice", tessera_gateway.sign("alice"))
            await pending
            await pending  # Twice is allowed.
            done.set_result(None)
        await done

    run(main())
    assert seen == [(True, True, False)]


def test_a_blocking_call_on_the_loop_fails_at_once(tessera_gateway: Gateway) -> None:
    # C18
    async def main() -> None:
        async with Client(tessera_gateway.sdk_app_id) as client:
            tessera_gateway.network("app").stall()
            login = client.login("alice", tessera_gateway.sign("alice"))
            with pytest.raises(StateError, match="await it") as refused:
                login.wait()
            assert refused.value.code == 7014
            events = client.events()
            with pytest.raises(StateError):
                events.get(timeout=30)
            # On another thread it may wait.
            tessera_gateway.network("app").restore()
            await asyncio.get_running_loop().run_in_executor(None, login.wait)

    run(main())


def test_many_logins_are_gathered(tessera_gateway: Gateway) -> None:
    async def one(number: int) -> None:
        async with Client(tessera_gateway.sdk_app_id) as client:
            await client.login(f"user{number}", tessera_gateway.sign(f"user{number}"))
            assert client.login_user == f"user{number}"

    async def main() -> None:
        await asyncio.gather(*(one(number) for number in range(30)))

    run(main())
    assert tessera_gateway.logins() == 30


def given_up_by_a_timeout(login: Pending) -> Coroutine[Any, Any, None]:
    return asyncio.wait_for(login, 0.05)


async def given_up_by_its_task(login: Pending) -> None:
    task = asyncio.create_task(login)
    await asyncio.sleep(0.05)
    task.cancel()
    await task


async def given_up_before_its_task_has_begun(login: Pending) -> None:
    task = asyncio.create_task(login)
    task.cancel()
    await task


async def given_up_where_it_is_awaited(login: Pending) -> None:
    async def awaits() -> None:
        await login

    task = asyncio.create_task(awaits())
    await asyncio.sleep(0.05)
    task.cancel()
    await task


async def given_up_by_one_of_two(login: Pending) -> None:
    other = asyncio.ensure_future(asyncio.gather(login, return_exceptions=True))
    await asyncio.sleep(0)
    try:
        await given_up_by_its_task(login)
    finally:
        (error,) = await other
        assert isinstance(error, StateError) and error.code == 6023


GIVING_UP = [act for name, act in list(globals().items()) if name.startswith("given_up_")]


@pytest.mark.parametrize("give_up", GIVING_UP, ids=lambda act: str(act.__name__))
def test_cancelling_the_await_of_a_login_ends_the_login(
    tessera_gateway: Gateway, give_up: Callable[[Pending], Coroutine[Any, Any, None]], caplog: pytest.LogCaptureFixture
) -> None:
    # C8
    async def main() -> None:
        async with Client(tessera_gateway.sdk_app_id) as client:
            tessera_gateway.network("app").stall()
            with pytest.raises((asyncio.TimeoutError, asyncio.CancelledError)):
                await give_up(client.login("alice", tessera_gateway.sign("alice")))
            assert client.status is LoginStatus.LOGGED_OUT
            tessera_gateway.network("app").restore()
            await client.login("bob", tessera_gateway.sign("bob"))
            assert client.login_user == "bob" and tessera_gateway.sessions("alice") == []

    run(main())
    gc.collect()
    assert not [record for record in caplog.records if "nobody has waited" in record.getMessage()]


def test_cancelling_ends_no_newer_login_and_no_session(tessera_gateway: Gateway) -> None:
    # C6
    async def main() -> None:
        async with Client(tessera_gateway.sdk_app_id) as client:
            tessera_gateway.network("app").stall()
            old = asyncio.create_task(client.login("alice", tessera_gateway.sign("alice")))
            await asyncio.sleep(0)
            new = client.login("bob", tessera_gateway.sign("bob"))
            old.cancel()
            with pytest.raises(asyncio.CancelledError):
                await old
            assert client.status is LoginStatus.LOGGING_IN
            tessera_gateway.network("app").restore()
            await new
            tessera_gateway.network("app").stall()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.login("bob", tessera_gateway.sign("bob", 3600)), 0.05)
            assert client.login_user == "bob", "a ticket that is renewed under a session is no login"
            out = asyncio.ensure_future(client.logout())
            await asyncio.sleep(0)
            out.cancel()
            again = client.login("carol", tessera_gateway.sign("carol"))
            tessera_gateway.network("app").restore()
            await again
            assert client.login_user == "carol"

    run(main())


def test_what_takes_a_coroutine_takes_a_call(tessera_gateway: Gateway) -> None:
    async def main() -> None:
        async with Client(tessera_gateway.sdk_app_id) as client:
            login = client.login("alice", tessera_gateway.sign("alice"))
            assert isinstance(login, Coroutine)
            tasks = [asyncio.create_task(login) for _ in range(3)]
            await asyncio.gather(login, *tasks)
            await asyncio.create_task(login)
            await login
            refused = asyncio.create_task(client.login("", ""))
            with pytest.raises(TesseraError, match="6017"):
                await refused
            if sys.version_info >= (3, 11):
                async with asyncio.TaskGroup() as group:
                    group.create_task(client.login("bob", tessera_gateway.sign("bob")))
            assert client.login_user in ("alice", "bob")
            login.close()

    run(main())


def test_a_task_that_was_left_behind_in_a_call_is_collected(tessera_gateway: Gateway) -> None:
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _loop, _context: None)  # It tells that the task was never done.
    client = Client(tessera_gateway.sdk_app_id)

    async def begin() -> "weakref.ref[asyncio.Task[None]]":
        client.init()
        tessera_gateway.network("app").stall()
        task = asyncio.get_running_loop().create_task(client.login("alice", tessera_gateway.sign("alice")))
        await asyncio.sleep(0.01)
        return weakref.ref(task)

    task = loop.run_until_complete(begin())
    loop.close()
    client.un_init()
    wait_until(lambda: gc.collect() >= 0 and task() is None)


def test_a_failure_is_logged_when_its_await_was_given_up(tessera_gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with Client(tessera_gateway.sdk_app_id) as client:
            await client.login("alice", tessera_gateway.sign("alice"))
            tessera_gateway.network("app").stall()
            # It would be put under the session; nobody hears that it is not good.
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.login("alice", "bad"), 0.05)
            tessera_gateway.network("app").restore()
            await until(lambda: any("nobody has waited" in record.getMessage() for record in caplog.records))

    run(main())


def test_a_shielded_call_goes_on(tessera_gateway: Gateway) -> None:
    async def main() -> None:
        tessera_gateway.network("app").stall()
        async with Client(tessera_gateway.sdk_app_id) as client:
            login = client.login("alice", tessera_gateway.sign("alice"))
            events = client.events()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.shield(login), 0.05)
            assert isinstance(await events.__anext__(), Connecting)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(events.__anext__(), 0.05)
            tessera_gateway.network("app").restore()
            await login
            tessera_gateway.kick("alice")
            while not isinstance(await events.__anext__(), KickedOffline):
                pass

    run(main())


def test_un_init_on_the_loop_completes_what_waits(tessera_gateway: Gateway) -> None:
    # C9
    async def main() -> None:
        manager = V2TIMManager.get_instance()
        assert manager.init_sdk(tessera_gateway.sdk_app_id)
        tessera_gateway.network("app").stall()
        callback, recorder = Callback(), Recorder()
        manager.add_im_sdk_listener(recorder)
        manager.login("alice", tessera_gateway.sign("alice"), callback)
        manager.un_init_sdk()
        assert callback.wait(0)[0] == 7009
        before = list(recorder.calls)
        await asyncio.sleep(0.05)
        assert recorder.calls == before

    run(main())


def test_un_init_elsewhere_is_delivered_on_the_loop(tessera_gateway: Gateway) -> None:
    # C9
    async def main() -> None:
        client = Client(tessera_gateway.sdk_app_id)
        client.init()
        tessera_gateway.network("app").stall()
        login = client.login("alice", tessera_gateway.sign("alice"))
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, client.un_init)
        with pytest.raises(StateError) as ended:
            await login
        assert ended.value.code == 7009

    run(main())


def test_un_init_ends_awaiting_receivers(tessera_gateway: Gateway) -> None:
    async def main() -> None:
        client = Client(tessera_gateway.sdk_app_id)
        client.init()
        events = client.events()

        async def read() -> int:
            return len([event async for event in events])

        reading = asyncio.ensure_future(read())
        await asyncio.sleep(0.05)
        client.un_init()
        assert await reading <= 2

    run(main())


def test_results_are_not_lost_with_a_loop_that_was_closed(tessera_gateway: Gateway) -> None:
    # C18
    manager = V2TIMManager.get_instance()
    recorder = Recorder()
    manager.add_im_sdk_listener(recorder)

    async def main() -> None:
        assert manager.init_sdk(tessera_gateway.sdk_app_id)
        await manager.client.login("alice", tessera_gateway.sign("alice"))

    run(main())
    tessera_gateway.kick("alice")
    recorder.wait_for("on_kicked_offline")
    out = Callback()
    manager.logout(out)
    assert out.wait() == (0, "")
    manager.un_init_sdk()

    # The next init takes the loop that runs then.
    async def again() -> None:
        assert manager.init_sdk(tessera_gateway.sdk_app_id)
        ticket = tessera_gateway.sign("alice", at=tessera_gateway.now() + 2)
        await manager.client.login("alice", ticket)
        manager.un_init_sdk()

    run(again())


def test_a_ticket_provider_may_be_a_coroutine_function(tessera_gateway: Gateway) -> None:
    # C15
    async def main() -> None:
        loop = asyncio.get_running_loop()
        asked = loop.create_future()

        async def provide(user: str) -> str:
            await asyncio.sleep(0)
            assert asyncio.get_running_loop() is loop
            asked.set_result(user)
            return tessera_gateway.sign(user, 3600)

        async with Client(tessera_gateway.sdk_app_id) as client:
            client.set_ticket_provider(provide)
            await client.login("alice", tessera_gateway.sign("alice", 3600))
            tessera_gateway.move_clock(3300)
            assert await asked == "alice"
            loop.call_soon(lambda: None)
            await asyncio.get_running_loop().run_in_executor(
                None, wait_until, lambda: tessera_gateway.sessions("alice")[0].expires > tessera_gateway.now() + 600
            )

    run(main())


def test_a_ticket_provider_whose_loop_is_closed_before_it_has_run_is_given_up() -> None:
    # C15
    loop = NotedLoop()
    answers: List[Any] = []

    async def provide(user: str) -> str:
        raise AssertionError("its loop is closed")

    _provider.ask(provide, "alice", loop, lambda *answer: answers.append(answer))  # type: ignore[arg-type]
    assert loop.posted.wait(30)
    loop.close()
    wait_until(lambda: answers)
    assert answers == [(None, "TimeoutError")]


def test_another_loop_may_await_what_this_one_has_begun(tessera_gateway: Gateway) -> None:
    async def main() -> None:
        async with Client(tessera_gateway.sdk_app_id) as client:
            login = client.login("alice", tessera_gateway.sign("alice"))
            result: List[str] = []

            async def elsewhere() -> None:
                await login
                result.append(str(client.login_user))

            thread = threading.Thread(target=lambda: asyncio.run(elsewhere()))
            thread.start()
            while thread.is_alive():
                await asyncio.sleep(0.01)
            assert result == ["alice"]

    run(main())


def test_a_loop_that_stands_still_holds_up_callbacks_and_no_result(tessera_gateway: Gateway) -> None:
    # C9 C18
    loop = asyncio.new_event_loop()
    manager = V2TIMManager.get_instance()
    client, recorder = manager.client, Recorder()
    manager.add_im_sdk_listener(recorder)
    told: List[Any] = []

    async def init() -> None:
        # So long would unInit wait for callbacks. It connects with the login, when the loop stands still.
        config = V2TIMSDKConfig(uninit_timeout_ms=60_000, connect_at_init=False)
        assert manager.init_sdk(tessera_gateway.sdk_app_id, config)

    loop.run_until_complete(init())
    client.login("alice", tessera_gateway.sign("alice")).wait(30)
    out = client.logout()
    wait_until(out.done)
    manager.logout(lambda code, _desc: told.append(code))
    client.logout().wait(30)
    assert ("on_connect_success",) not in recorder.calls and told == [], "callbacks wait for the loop"
    loop.run_until_complete(until(lambda: told))
    assert [name for name, *_ in recorder.calls] == ["on_connecting", "on_connect_success"] and told == [0]

    tessera_gateway.network("app").stall()
    login = client.login("bob", tessera_gateway.sign("bob"))
    manager.logout(lambda code, _desc: told.append(code))
    begun = time.monotonic()
    manager.un_init_sdk()
    assert time.monotonic() - begun < 30
    with pytest.raises(StateError):
        login.wait(30)
    assert told == [0]
    loop.run_until_complete(until(lambda: len(told) == 2))
    assert told == [0, 7009]
    loop.close()


def test_a_result_on_its_way_to_a_loop_that_is_closed_then_is_not_lost(tessera_gateway: Gateway) -> None:
    # C18
    loop = asyncio.new_event_loop()
    client = Client(tessera_gateway.sdk_app_id)
    loop.run_until_complete(client.__aenter__())
    login = client.login("alice", tessera_gateway.sign("alice"))
    tessera_gateway.wait_for_logins(1)
    time.sleep(0.05)  # Its news are posted by now.
    loop.close()
    login.wait(30)
    client.un_init()


def test_callbacks_on_their_way_to_a_loop_that_is_closed_then_are_not_lost(tessera_gateway: Gateway) -> None:
    # C18
    loop = NotedLoop()
    manager, out = V2TIMManager.get_instance(), Callback()

    async def init() -> None:
        # So that nothing else is posted.
        assert manager.init_sdk(tessera_gateway.sdk_app_id, V2TIMSDKConfig(connect_at_init=False))

    loop.run_until_complete(init())
    loop.posted.clear()
    manager.logout(out)
    assert loop.posted.wait(30)
    loop.close()
    assert out.wait() == (0, "")


def test_callbacks_come_one_at_a_time_also_when_their_context_changes(tessera_gateway: Gateway) -> None:
    # C18
    loop = NotedLoop()
    manager = V2TIMManager.get_instance()
    entered, go_on = threading.Event(), threading.Event()
    told: List[Any] = []

    def first(code: int, _desc: str) -> None:
        told.append((code, threading.current_thread().name))
        entered.set()
        go_on.wait(30)
        told.append("over")

    def second(code: int, _desc: str) -> None:
        told.append((code, threading.current_thread().name))

    async def init() -> None:
        assert manager.init_sdk(tessera_gateway.sdk_app_id)

    loop.run_until_complete(init())
    manager.logout(first)
    manager.logout(second)
    assert loop.posted.wait(30), "their delivery waits for the loop"
    manager.un_init_sdk()
    assert manager.init_sdk(tessera_gateway.sdk_app_id), "and now they are to run on the client's thread"
    assert entered.wait(30)
    loop.run_until_complete(asyncio.sleep(0))
    assert told == [(7009, "tessera-im")]
    go_on.set()
    wait_until(lambda: len(told) == 3)
    assert told[1:] == ["over", (7009, "tessera-im")]
    loop.close()


def test_un_init_on_the_loop_waits_for_a_callback_that_still_runs_elsewhere(tessera_gateway: Gateway) -> None:
    # C9 C18
    manager = V2TIMManager.get_instance()
    entered, go_on, left = threading.Event(), threading.Event(), threading.Event()
    told: List[Any] = []

    def slow(code: int, _desc: str) -> None:
        told.append(code)
        entered.set()
        go_on.wait(30)
        left.set()

    manager.logout(slow)  # Without an init: on the client's thread.
    assert entered.wait(30)

    async def main() -> None:
        assert manager.init_sdk(tessera_gateway.sdk_app_id, V2TIMSDKConfig(uninit_timeout_ms=60_000))
        manager.logout(lambda code, _desc: told.append((code, left.is_set())))
        await asyncio.sleep(0.05)
        assert told == [6013], "they come one at a time"
        threading.Timer(0.05, go_on.set).start()
        manager.un_init_sdk()
        assert told == [6013, (7009, True)]

    run(main())


def test_un_init_elsewhere_waits_for_the_callback_that_runs_on_the_loop(tessera_gateway: Gateway) -> None:
    # C9
    entered, left = threading.Event(), threading.Event()
    manager = V2TIMManager.get_instance()

    def slow(_code: int, _desc: str) -> None:
        entered.set()
        time.sleep(0.1)
        left.set()

    async def main() -> None:
        assert manager.init_sdk(tessera_gateway.sdk_app_id)
        manager.logout(slow)

        def end() -> bool:
            entered.wait(30)
            manager.un_init_sdk()
            return left.is_set()

        assert await asyncio.get_running_loop().run_in_executor(None, end)

    run(main())


def test_events_and_what_the_test_kit_records_are_awaited(tessera_gateway: Gateway) -> None:
    async def main() -> None:
        manager = V2TIMManager.get_instance()
        recorder, into = Recorder(), Callback()
        manager.add_im_sdk_listener(recorder)
        events = manager.client.events()
        assert manager.init_sdk(tessera_gateway.sdk_app_id)
        manager.login("alice", tessera_gateway.sign("alice"), into)
        assert await into.result() == (0, "")
        assert await into.result(0) == into.wait(0) == (0, "")
        tessera_gateway.kick("alice")
        assert (await events.next(KickedOffline)).reason == "admin"
        assert (await recorder.next("on_kicked_offline_ex", timeout=30))[1].reason == "admin"
        with pytest.raises(TimeoutError, match="no KickedOffline has come, but nothing"):
            await events.next(KickedOffline, timeout=0.05)
        with pytest.raises(TimeoutError, match="on_kicked_offline was not called, but nothing"):
            await recorder.next("on_kicked_offline", timeout=0.05)
        with pytest.raises(TimeoutError, match="the callback was not called"):
            await Callback().result(0.05)
        with pytest.raises(TimeoutError, match="is still false"):
            await until(lambda: False, 0.05)
        with pytest.raises(ValueError, match="onKickedOffline"):
            await recorder.next("onKickedOffline")
        ending = asyncio.create_task(events.next(KickedOffline))
        await asyncio.sleep(0)
        manager.un_init_sdk()
        with pytest.raises(TimeoutError, match="nothing"):
            await ending

    run(main())


def test_awaiting_events_with_a_timeout_leaves_nothing_behind(tessera_gateway: Gateway) -> None:
    async def main() -> None:
        async with tessera_gateway.client() as client:
            events = client.events()
            await client.login("alice", tessera_gateway.sign("alice"))
            for _ in range(50):
                with pytest.raises(TimeoutError):
                    await events.next(KickedOffline, timeout=0.001)
            gc.collect()
            futures = [thing for thing in gc.get_objects() if isinstance(thing, asyncio.Future)]
            assert len(futures) < 20

    run(main())


def test_the_test_kit_does_not_wait_on_the_loop_that_it_waits_for(tessera_gateway: Gateway) -> None:
    # C18
    waits: List[Callable[[], object]] = [Callback().wait, lambda: Recorder().wait_for("on_connecting")]

    async def main() -> None:
        async with Client(tessera_gateway.sdk_app_id):
            for wait in waits:
                with pytest.raises(StateError, match="await it") as refused:
                    wait()
                assert refused.value.code == 7014
        # There is no loop on another thread.
        with pytest.raises(TimeoutError):
            await asyncio.get_running_loop().run_in_executor(None, Callback().wait, 0.01)

    run(main())
    with pytest.raises(TimeoutError):
        Callback().wait(0.01)


def test_callbacks_may_be_coroutine_functions(tessera_gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    # C18 C19
    async def main() -> None:
        loop = asyncio.get_running_loop()
        told: List[Any] = []

        class Listener:
            async def on_connect_success(self) -> None:
                await asyncio.sleep(0)
                told.append(asyncio.get_running_loop() is loop)

            async def on_kicked_offline_ex(self, kick: KickedOffline) -> None:
                raise SystemExit(kick.reason)

        class Result:
            async def on_success(self) -> None:
                told.append("success")

            async def on_error(self, code: int, desc: str) -> None:
                told.append(code)

            async def on_error_ex(self, error: TesseraError) -> None:
                told.append(error.code + 1)

        async def result(code: int, desc: str) -> None:
            told.append((code, desc))

        manager = V2TIMManager.get_instance()
        manager.add_im_sdk_listener(Listener())
        assert manager.init_sdk(tessera_gateway.sdk_app_id)
        manager.login("alice", tessera_gateway.sign("alice"), Result())
        await until(lambda: told == [True, "success"] or told == ["success", True])
        manager.login("", "", Result())
        await until(lambda: told[2:] == [6017, 6018])
        tessera_gateway.kick("alice")
        await until(lambda: any(record.exc_info for record in caplog.records))
        manager.logout(result)
        await until(lambda: told[4:] == [(0, "")])
        manager.un_init_sdk()

    run(main())
    (raised,) = [record for record in caplog.records if record.exc_info]
    assert raised.getMessage() == "a listener has raised" and raised.exc_info is not None
    assert isinstance(raised.exc_info[1], SystemExit)
