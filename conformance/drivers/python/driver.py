"""The conformance driver of Python (docs/drivers.md): commands on standard input, replies and events on standard
output, and V2TIM's names in between. It uses the public API alone, and knows no scenario.

With `--asyncio` the app is one that has an event loop: the calls are made on it, and the callbacks run on it.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from tessera_im import KickedOffline, TesseraError
from tessera_im.v2tim import V2TIMCallback, V2TIMManager, V2TIMSDKConfig, V2TIMSDKListener

Act = Dict[str, Any]
manager = V2TIMManager.get_instance()


class Host:
    """What an app would be: it calls the API, and reports what it is called back with."""

    def __init__(self) -> None:
        self.calling = threading.local()
        self.writing = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Everything of a scenario that is over."""
        self.hooks: List[Tuple[str, Act]] = []
        self.listeners: Dict[str, Listener] = {}
        self.calls: Dict[str, Call] = {}

    def say(self, line: Dict[str, Any]) -> None:
        with self.writing:
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()

    def carry_out(self, act: Act) -> None:
        """Does what a line of input says, and replies."""
        self.calling.here = True
        ok, code = self.act(act)
        self.calling.here = False
        reply: Dict[str, Any] = {"reply": act["id"], "ok": ok, **state()}
        if code != 0:
            reply["code"] = code
        self.say(reply)

    def act(self, act: Act) -> Tuple[bool, int]:
        do = act["do"]
        if do == "init":
            return self.init(act["app"], act["settings"])
        if do == "un_init":
            manager.un_init_sdk()
        elif do == "login":
            manager.login(act["user"], act["ticket"], self.call(act["call"]))
        elif do == "blocking_login":
            self.blocking_login(act)
        elif do == "logout":
            manager.logout(self.call(act["call"]))
        elif do == "hint":
            manager.client.notify_network_available()
        elif do == "provider":
            manager.client.set_ticket_provider(self.provider(list(act["answers"])))
        elif do == "add_listener":
            manager.add_im_sdk_listener(self.listener(act["name"], act.get("throws", False)))
        elif do == "remove_listener":
            listener = self.listeners.pop(act["name"], None)
            if listener is not None:
                manager.remove_im_sdk_listener(listener)
        elif do == "when":
            self.hooks.append((act["event"], act["then"]))
        elif do == "reset":
            manager.un_init_sdk()
            manager.client.set_ticket_provider(None)
            self.forget()
        return True, 0

    def init(self, app: int, settings: Dict[str, str]) -> Tuple[bool, int]:
        config = V2TIMSDKConfig()
        for name, value in settings.items():
            setattr(config, name, value)
        manager.add_im_sdk_listener(self.listener("main", False))
        ok = manager.init_sdk(app, config)
        error = manager.last_error
        return ok, 0 if error is None else error.code

    def blocking_login(self, act: Act) -> None:
        call = self.call(act["call"])
        try:
            manager.client.login(act["user"], act["ticket"]).wait()
        except TesseraError as error:
            call.on_error_ex(error)
        else:
            call.on_success()

    def call(self, name: str) -> Call:
        call = self.calls[name] = Call(self, name)
        return call

    def listener(self, name: str, throws: bool) -> Listener:
        """The listener of that name: always the same object."""
        return self.listeners.setdefault(name, Listener(self, name, throws))

    def provider(self, answers: List[Any]) -> Callable[[str], str]:
        def provide(_user: str) -> str:
            answer = answers.pop(0) if answers else {"error": "no more tickets"}
            self.report({"event": "ticket_request"})
            if answer == "hang":
                while True:
                    time.sleep(3600)
            if "error" in answer:
                raise RuntimeError(answer["error"])
            return str(answer["ticket"])

        return provide

    def report(self, event: Dict[str, Any]) -> None:
        """Reports a callback: first itself, then what its hook does."""
        listener = event.get("listener", "")
        main = listener in ("", "main")
        if main and event["event"] != "result" and getattr(self.calling, "here", False):
            event["inside_call"] = True
        hook = self.take_hook(event["event"]) if main else None
        self.say({**event, **state()})
        if hook is not None:
            # What the calls of a hook cause may run inside them: unInit completes what is left.
            self.act(hook)

    def take_hook(self, event: str) -> Optional[Act]:
        """To be taken before the event is told: the hook that the answer to it brings is for the next one."""
        for at, (name, then) in enumerate(self.hooks):
            if name == event:
                del self.hooks[at]
                return then
        return None


class Call(V2TIMCallback):
    """A call, which reports its result."""

    def __init__(self, host: Host, name: str) -> None:
        self.host = host
        self.name = name

    def on_success(self) -> None:
        self.host.report({"event": "result", "call": self.name})

    def on_error_ex(self, error: TesseraError, /) -> None:
        told = {"code": error.code, "desc": error.desc, "retryable": error.retryable}
        self.host.report({"event": "result", "call": self.name, **told})


class Listener(V2TIMSDKListener):
    """A listener that reports what it is called with."""

    def __init__(self, host: Host, name: str, throws: bool) -> None:
        self.host = host
        self.name = name
        self.throws = throws

    def report(self, event: str, **told: Any) -> None:
        self.host.report({"event": event, "listener": self.name, **told})
        if self.throws:
            raise RuntimeError("this listener always raises")

    def on_connecting(self) -> None:
        self.report("connecting")

    def on_connect_success(self) -> None:
        self.report("connect_success")

    def on_connect_failed(self, code: int, error: str, /) -> None:
        self.report("connect_failed", code=code, desc=error)

    def on_disconnected(self, code: int, error: str, /) -> None:
        self.report("disconnected")

    def on_kicked_offline(self) -> None:
        self.report("on_kicked_offline beside on_kicked_offline_ex")

    def on_kicked_offline_ex(self, kick: KickedOffline, /) -> None:
        told: Dict[str, Any] = {"reason": kick.reason}
        if kick.platform is not None:
            told["platform"] = kick.platform
        if kick.code is not None:
            told["code"] = kick.code
        self.report("kicked_offline", **told)

    def on_user_sig_expired(self) -> None:
        self.report("user_sig_expired")


def state() -> Dict[str, Any]:
    return {
        "status": int(manager.get_login_status()),
        "user": manager.get_login_user(),
        "connection": int(manager.client.connection_status),
    }


def commands() -> Any:
    for line in sys.stdin:
        yield json.loads(line)


def blocking(host: Host) -> None:
    for act in commands():
        host.carry_out(act)


def on_a_loop(host: Host) -> None:
    import asyncio

    async def main() -> None:
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()

        def read() -> None:
            for act in commands():
                loop.call_soon_threadsafe(host.carry_out, act)
            loop.call_soon_threadsafe(ended.set)

        threading.Thread(target=read, daemon=True).start()
        await ended.wait()

    asyncio.run(main())


def main(arguments: Optional[List[str]] = None) -> None:
    # A listener that raises is part of the suite; what the SDK has to say about it is not news.
    logging.getLogger("tessera_im").addHandler(logging.NullHandler())
    logging.getLogger("tessera_im").propagate = False
    with_loop = "--asyncio" in (sys.argv if arguments is None else arguments)
    host = Host()
    host.say({"driver": "python-asyncio" if with_loop else "python", "numbering": "python"})
    (on_a_loop if with_loop else blocking)(host)


if __name__ == "__main__":
    main()
