"""The pytest plugin: the fixture `tessera_gateway`, which every pytest finds where this package is installed.

    def test_a_kick(tessera_gateway):
        phone = tessera_gateway.client("phone")
        ...

    @pytest.mark.tessera_gateway(policy="single", offline_kick_error=True)
    def test_another_policy(tessera_gateway):
        ...
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Iterator

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from . import Gateway


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tessera_gateway(**options): options of the gateway of `tessera_gateway`")


@pytest.fixture
def tessera_gateway(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Gateway]:
    """A gateway of this test's own. Code under test that is not told otherwise reaches it: the environment says where
    it is, and its network has the name "app". At the end, clients and V2TIM's manager are uninitialised.
    """
    from . import Gateway

    marker = request.node.get_closest_marker("tessera_gateway")
    if marker is not None and marker.args:
        raise pytest.UsageError('tessera_gateway takes its options by name, such as policy="single"')
    with Gateway(**(marker.kwargs if marker is not None else {})) as gateway:
        monkeypatch.setenv("TESSERA_DEVICE_DIR", str(tmp_path))
        for name, value in gateway.environment("app").items():
            monkeypatch.setenv(name, value)
        yield gateway
        if "tessera_im.v2tim" in sys.modules:
            sys.modules["tessera_im.v2tim"].V2TIMManager.get_instance().un_init_sdk()
