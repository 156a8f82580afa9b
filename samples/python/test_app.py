"""The small service `app.py` as a test sees a program: started, talked to by a signal, kicked."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
from typing import Iterator

import pytest

from tessera_im.testkit import Gateway

APP = pathlib.Path(__file__).with_name("app.py")


def start(gateway: Gateway, user_sig: str) -> "subprocess.Popen[str]":
    told = {"SDK_APP_ID": str(gateway.sdk_app_id), "USER_ID": "alice", "USER_SIG": user_sig}
    environment = {**os.environ, **gateway.environment("app"), **told}
    return subprocess.Popen(
        [sys.executable, str(APP)], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.fixture
def app(tessera_gateway: Gateway) -> Iterator["subprocess.Popen[str]"]:
    with start(tessera_gateway, tessera_gateway.sign("alice")) as app:
        assert app.stdout is not None
        assert [app.stdout.readline(), app.stdout.readline()] == ["connected\n", "alice is logged in\n"]
        yield app
        app.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_it_logs_out_when_it_is_interrupted(app: "subprocess.Popen[str]", tessera_gateway: Gateway) -> None:
    app.send_signal(signal.SIGINT)
    assert app.communicate(timeout=30) == ("logged out\n", "") and app.returncode == 0
    tessera_gateway.wait_for_sessions("alice", 0)


def test_it_ends_when_it_is_kicked(app: "subprocess.Popen[str]", tessera_gateway: Gateway) -> None:
    tessera_gateway.kick("alice")
    assert app.communicate(timeout=30) == ("kicked: admin\n", "") and app.returncode == 1


def test_it_says_that_the_ticket_is_no_good(tessera_gateway: Gateway) -> None:
    expired = tessera_gateway.sign("alice", expire=60, at=tessera_gateway.now() - 3600)
    with start(tessera_gateway, expired) as app:
        said, errors = app.communicate(timeout=30)
    assert errors == "get a new ticket\n" and app.returncode == 1
