"""What the SDK says, in `logging`; and what it never says."""

from __future__ import annotations

import logging
import pathlib
from typing import List

import pytest

import tessera_im
from conftest import Program
from tessera_im import Client, TesseraError
from tessera_im.testkit import Callback, Gateway, wait_until
from tessera_im.v2tim import V2TIMLogLevel, V2TIMManager, V2TIMSDKConfig

SOURCES = pathlib.Path(tessera_im.__file__).parent


def messages(caplog: pytest.LogCaptureFixture, name: str = "tessera_im") -> List[str]:
    return [record.getMessage() for record in caplog.records if record.name == name]


def test_records_of_the_sdk_come_with_their_level(tessera_gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tessera_im")
    with Client(tessera_gateway.sdk_app_id) as client:
        client.init()  # Already initialised, says a record.
        wait_until(lambda: any("already initialised" in text for text in messages(caplog)))
    levels = {record.levelno for record in caplog.records if record.name == "tessera_im"}
    assert levels <= {logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR} and logging.INFO in levels


def test_the_setting_names_the_lowest_level(tessera_gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tessera_im")
    with Client(tessera_gateway.sdk_app_id, log_level=V2TIMLogLevel.V2TIM_LOG_ERROR) as client:
        client.init()
        client.login("alice", tessera_gateway.sign("alice")).wait()
    assert not [text for text in messages(caplog) if "already initialised" in text]


def test_a_failed_init_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert not V2TIMManager.get_instance().init_sdk(1, V2TIMSDKConfig(server_url="http://x"))
    assert any(text.startswith("init_sdk failed: 6017") for text in messages(caplog))


def test_tickets_and_keys_are_nowhere(tessera_gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    good, wrong = tessera_gateway.sign("alice"), tessera_im.sign(1, "another-secret-key", "alice")
    said: List[str] = []

    def provide(user: str) -> str:
        raise RuntimeError(good)

    client = tessera_gateway.client("phone", ticket_request_interval_ms=10)
    client.set_ticket_provider(provide)
    for user, ticket in (("alice", wrong), ("bob", good), ("alice", good)):
        try:
            client.login(user, ticket).wait()
        except TesseraError as error:
            said += [str(error), repr(error), error.desc]
    # A day is the life of a ticket: the provider is asked for the next.
    tessera_gateway.move_clock(80_000)
    wait_until(lambda: any("ticket provider has raised RuntimeError" in text for text in messages(caplog)))
    callback = Callback()
    manager = V2TIMManager.get_instance()
    manager.login("alice", good, callback)
    said += [repr(client), repr(manager), repr(tessera_gateway), repr(tessera_gateway.sessions("alice")), callback.wait()[1]]
    said += [record.getMessage() + str(record.args) + str(record.exc_text) for record in caplog.records]
    for secret in (good, wrong, tessera_gateway.key, "another-secret-key"):
        for part in (secret, secret[10:40]):
            assert not [text for text in said if part in text]


def test_a_program_without_logging_sees_what_its_callbacks_raise(program: Program, tessera_gateway: Gateway) -> None:
    text = """
    import os, tessera_im
    with tessera_im.Client(int(os.environ["APP"])) as client:
        class Listener:
            def on_connect_success(self):
                raise ValueError("mine")
        client.add_listener(Listener())
        client.login("alice", os.environ["TICKET"]).wait()
    """
    ended = program(text, env={"TICKET": tessera_gateway.sign("alice")})
    assert ended.returncode == 0
    assert "a listener has raised" in ended.stderr and "ValueError: mine" in ended.stderr


def test_what_is_only_used_sometimes_is_only_imported_then(program: Program) -> None:
    text = """
    import sys
    import tessera_im
    for name in ("asyncio", "logging", "threading", "typing", "enum", "json", "tessera_im.testkit", "tessera_im.v2tim", "tessera_im.status"):
        assert name not in sys.modules, name
    assert str(tessera_im.Client().status.name) == "LOGGED_OUT"
    import tessera_im.v2tim
    assert "asyncio" not in sys.modules and "tessera_im.testkit" not in sys.modules
    """
    ended = program(text, env={"PYTHONSAFEPATH": "1"})
    assert ended.returncode == 0, ended.stderr


def test_every_module_says_what_it_is() -> None:
    for path in SOURCES.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.lstrip("#").startswith('"""') or '"""' in text.split("\n")[1], path
