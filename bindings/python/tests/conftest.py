"""What the tests share: the manager, programs of their own, and how often a big count is played.

The fixture `tessera_gateway` is that of the package itself. Clauses such as C18 are those of the contract.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import Callable, Dict, Optional

import pytest

from tessera_im.testkit import Gateway
from tessera_im.v2tim import V2TIMManager, V2TIMSDKConfig

pytest_plugins = ["pytester"]

Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def manager(tessera_gateway: Gateway) -> V2TIMManager:
    """V2TIM's manager, initialised; its network has the name "app"."""
    manager = V2TIMManager.get_instance()
    assert manager.init_sdk(tessera_gateway.sdk_app_id, V2TIMSDKConfig())
    return manager


@pytest.fixture
def program(tessera_gateway: Gateway) -> Program:
    """Runs a program in an interpreter of its own, beside the gateway, and gives what it has said."""

    def run(text: str, *arguments: str, env: Optional[Dict[str, str]] = None, timeout: float = 60) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(text), *arguments]
        environment = {**os.environ, "APP": str(tessera_gateway.sdk_app_id), **(env or {})}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout)

    return run


def times(whole: int, by_default: int) -> int:
    """How often something is done: the whole count with `cargo xtask test python --full`."""
    return whole if os.environ.get("TESSERA_FULL") == "1" else by_default
