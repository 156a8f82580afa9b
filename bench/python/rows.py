"""Python's rows of the bench table (docs/benchmarks.md): prints one as a line of JSON each.

`rows.py --library LIBTESSERA --sizes CLIENT_ONLY SHIPPED`, with the package and the vendor's PyPI package importable.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import timeit
from typing import Any, Callable, Dict, List, Optional, Tuple

import TLSSigAPIv2  # type: ignore[import-untyped]

import tessera_im
from tessera_im.testkit import Gateway
from tessera_im.v2tim import V2TIMManager, V2TIMSDKConfig

ROUNDS = 9
EVENTS = 1_000
EVENT_ROUNDS = 15
KEY = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"

Anchor = Dict[str, Any]


def show(name: str, measured: float, unit: str, anchors: List[Anchor], budget: Optional[float] = None) -> None:
    row = {"name": name, "measured": measured, "unit": unit, "anchors": anchors}
    print(json.dumps(row if budget is None else {**row, "budget": budget}), flush=True)


def anchor(what: str, measured: float) -> Anchor:
    return {"what": what, "measured": measured}


def nanoseconds(statements: Dict[str, Tuple[str, int]], names: Dict[str, Any]) -> Dict[str, float]:
    """Medians over rounds in which each statement has its turn, less what the loop itself takes: time of this thread."""
    times: Dict[str, List[float]] = {what: [] for what in statements}
    timers = {what: timeit.Timer(statement, timer=time.thread_time, globals=names) for what, (statement, _) in statements.items()}
    for _ in range(ROUNDS):
        for what, (_, count) in statements.items():
            loop = timeit.timeit("pass", timer=time.thread_time, number=count)
            times[what].append((timers[what].timeit(count) - loop) / count * 1e9)
    return {what: statistics.median(taken) for what, taken in times.items()}


# ---- getters --------------------------------------------------------------------------------------------------------


def getters(gateway: Gateway, library: ctypes.CDLL) -> None:
    client = gateway.client("phone")
    client.login("alice", gateway.sign("alice")).wait(30)
    manager = V2TIMManager.get_instance()
    for name, value in gateway.environment("manager").items():
        os.environ[name] = value
    assert manager.init_sdk(gateway.sdk_app_id)
    manager.client.login("bob", gateway.sign("bob")).wait(30)
    with_ctypes(gateway, library)
    buffer = ctypes.create_string_buffer(128)
    names = {"client": client, "manager": manager, "library": library, "buffer": buffer, "number": 1}
    measured = nanoseconds(
        {
            "status": ("client.status", 1_000_000),
            "V2TIM status": ("manager.get_login_status()", 1_000_000),
            "attribute": ("number.real", 1_000_000),
            "method": ("number.bit_length()", 1_000_000),
            "ctypes status": ("library.TIMGetLoginStatus()", 200_000),
            "user": ("client.login_user", 500_000),
            "V2TIM user": ("manager.get_login_user()", 500_000),
            "ctypes user": ("library.TIMGetLoginUserID(buffer); buffer.value.decode()", 100_000),
        },
        names,
    )
    status, user = anchor("ctypes over libtessera", measured["ctypes status"]), anchor("ctypes over libtessera", measured["ctypes user"])
    attribute, method = (anchor(f"{what} of an int", measured[what]) for what in ("attribute", "method"))
    show("status getter, client.status", measured["status"], "ns", [status, attribute], 15)
    show("status getter, get_login_status()", measured["V2TIM status"], "ns", [status, method], 15)
    show("user id getter, client.login_user", measured["user"], "ns", [user], 45)
    show("user id getter, get_login_user()", measured["V2TIM user"], "ns", [user], 45)
    manager.un_init_sdk()


RESULT = ctypes.CFUNCTYPE(None, ctypes.c_int32, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)


def with_ctypes(gateway: Gateway, library: ctypes.CDLL) -> None:
    """Logs carol in through the C API."""
    done = threading.Event()
    codes: List[int] = []

    def told(code: int, _desc: bytes, _json: bytes, _data: Any) -> None:
        codes.append(code)
        done.set()

    callback = RESULT(told)
    library.TIMInit.argtypes = [ctypes.c_uint64, ctypes.c_char_p]
    library.TIMLogin.argtypes = [ctypes.c_char_p, ctypes.c_char_p, RESULT, ctypes.c_void_p]
    settings = {f"sdk_config_{name}": value for name, value in gateway.settings("ctypes").items()}
    assert library.TIMInit(gateway.sdk_app_id, json.dumps(settings).encode()) == 0
    assert library.TIMLogin(b"carol", gateway.sign("carol").encode(), callback, None) == 0
    assert done.wait(30) and codes == [0], codes


# ---- events ---------------------------------------------------------------------------------------------------------


def events() -> None:
    """Has the core queue events while the thread of the callbacks is held up, and times how it tells them all."""
    with Gateway() as gateway:
        url, app = gateway.url, gateway.sdk_app_id
    # Nobody listens there any more: each hint is a try that fails.
    settings: Dict[str, Any] = {"server_url": url, "allow_plain": True, "hint_interval_ms": 0, "log_level": "none"}
    settings.update(events_waiting_max=65536, reconnect_delay_min_ms=60_000, reconnect_delay_max_ms=600_000)
    manager = V2TIMManager.get_instance()
    heard = 0

    class Listener:
        def on_connect_failed(self, _code: int, _desc: str) -> None:
            nonlocal heard
            heard += 1

    manager.add_im_sdk_listener(Listener())
    assert manager.init_sdk(app, V2TIMSDKConfig(**settings))
    entered, go_on, over = threading.Event(), threading.Event(), threading.Event()

    def hold(_code: int, _desc: str) -> None:
        entered.set()
        go_on.wait(60)

    per_event: List[float] = []
    for _ in range(EVENT_ROUNDS):
        for event in (entered, go_on, over):
            event.clear()
        # Nobody is logged in, so a logout is done at once.
        manager.logout(hold)
        assert entered.wait(30)
        for _ in range(EVENTS):
            manager.client.notify_network_available()
            time.sleep(0.00015)
        # Its result waits behind everything else.
        manager.logout(lambda _code, _desc: over.set())
        heard = 0
        start = time.process_time_ns()
        go_on.set()
        assert over.wait(60)
        per_event.append((time.process_time_ns() - start) / heard)
    manager.un_init_sdk()
    beside = anchor("a ctypes callback, called by C on the same thread", called_by_c() / 1000)
    show("event, amortised over a batch", statistics.median(per_event) / 1000, "µs", [beside], 0.3)


def called_by_c() -> float:
    """Nanoseconds of a ctypes callback: `qsort` calls it for each comparison."""
    calls = 0

    def compare(_one: Any, _other: Any) -> int:
        nonlocal calls
        calls += 1
        return 0

    libc = ctypes.CDLL(None)
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(compare)
    numbers = (ctypes.c_int * 1000)()
    times: List[float] = []
    for _ in range(ROUNDS):
        calls = 0
        start = time.process_time_ns()
        libc.qsort(numbers, len(numbers), ctypes.sizeof(ctypes.c_int), callback)
        times.append((time.process_time_ns() - start) / calls)
    return statistics.median(times)


def latency(library: ctypes.CDLL) -> None:
    """From a call that the core has done at once to its callback: nobody is logged in here, so logout has nothing to do."""
    manager = V2TIMManager.get_instance()

    def ours(told: Callable[[], None]) -> Callable[[], object]:
        return lambda: manager.logout(lambda _code, _desc: told())

    def through_ctypes(told: Callable[[], None]) -> Callable[[], object]:
        callback = RESULT(lambda _code, _desc, _json, _data: told())
        return lambda: library.TIMLogout(callback, None)

    library.TIMLogout.argtypes = [RESULT, ctypes.c_void_p]
    causes = [ours, through_ctypes]
    times: List[List[float]] = [[] for _ in causes]
    done = threading.Event()
    ended = 0

    def told() -> None:
        nonlocal ended
        ended = time.perf_counter_ns()
        done.set()

    begin = [cause(told) for cause in causes]
    for _ in range(500):
        for act, taken in zip(begin, times):
            done.clear()
            time.sleep(0.001)
            start = time.perf_counter_ns()
            act()
            assert done.wait(30)
            taken.append((ended - start) / 1000)
    measured, beside = (statistics.median(taken) for taken in times)
    show("latency of a single event, p50", measured, "µs", [anchor("ctypes over libtessera", beside)], 50)


# ---- tickets, start, size -------------------------------------------------------------------------------------------


def signing() -> None:
    names = {"sign": tessera_im.sign, "key": KEY, "api": TLSSigAPIv2.TLSSigAPIv2(1400000001, KEY)}
    measured = nanoseconds(
        {
            "ours": ("sign(1400000001, key, 'alice', expire=600)", 20_000),
            "vendor": ("api.gen_sig('alice', 600)", 2_000),
        },
        names,
    )
    vendor = measured["vendor"] / 1000
    show("sign", measured["ours"] / 1000, "µs", [anchor("PyPI tls-sig-api-v2", vendor)], vendor / 10)


def imports() -> None:
    def took(statement: str) -> float:
        program = f"import time; start = time.perf_counter_ns(); {statement}; print(time.perf_counter_ns() - start)"
        # Compiled files are kept, as with an installed package.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

        def run() -> "subprocess.CompletedProcess[bytes]":
            return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)

        run()
        return statistics.median(int(run().stdout) / 1e6 for _ in range(15))

    vendor = anchor("PyPI tls-sig-api-v2", took("import TLSSigAPIv2"))
    show("import tessera_im", took("import tessera_im"), "ms", [vendor], 5)
    show("import tessera_im.v2tim", took("import tessera_im.v2tim"), "ms", [])
    show("import tessera_im.testkit", took("import tessera_im.testkit"), "ms", [])


def sizes(client_only: str, shipped: str) -> None:
    show("native module, the client alone", os.path.getsize(client_only) / 1e6, "MB", [], 2.5)
    show("native module, as shipped", os.path.getsize(shipped) / 1e6, "MB", [], 6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", required=True)
    parser.add_argument("--sizes", nargs=2, required=True)
    given = parser.parse_args()
    library = ctypes.CDLL(given.library)
    with Gateway() as gateway:
        getters(gateway, library)
        library.TIMUninit()
        latency(library)
    events()
    signing()
    imports()
    sizes(*given.sizes)


if __name__ == "__main__":
    main()
