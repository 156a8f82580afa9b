"""The pytest plugin in a pytest of its own, as somebody else's tests have it."""

from __future__ import annotations

import pytest

TESTS = """
    import os
    import pytest
    from tessera_im import Client
    from tessera_im.v2tim import V2TIMManager

    def test_a_gateway_of_its_own(tessera_gateway):
        with Client(tessera_gateway.sdk_app_id) as client:
            client.login("alice", tessera_gateway.sign("alice")).wait()
        assert tessera_gateway.logins() == 1

    def test_another_one(tessera_gateway):
        assert tessera_gateway.logins() == 0
        manager = V2TIMManager.get_instance()
        assert manager.init_sdk(tessera_gateway.sdk_app_id)
        manager.client.login("alice", tessera_gateway.sign("alice")).wait()

    def test_the_manager_is_uninitialised_in_between(tessera_gateway):
        assert V2TIMManager.get_instance().get_login_user() == ""
        assert V2TIMManager.get_instance().init_sdk(tessera_gateway.sdk_app_id + 1)

    @pytest.mark.xfail(raises=pytest.UsageError, strict=True)
    @pytest.mark.tessera_gateway("single")
    def test_options_have_names(tessera_gateway):
        pass

    @pytest.mark.tessera_gateway(sdk_app_id=5)
    def test_options(tessera_gateway):
        assert tessera_gateway.sdk_app_id == 5

    def test_the_environment_is_as_before():
        assert "TESSERA_SERVER_URL" not in os.environ
"""


def test_the_fixture(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TESSERA_SERVER_URL", raising=False)
    pytester.makepyfile(TESTS)
    arguments = ["--strict-markers", "-p", "no:cacheprovider"]
    loaded = pytester.runpytest_subprocess("--fixtures")
    if "tessera_gateway" not in loaded.stdout.str():
        # Not installed, but run from the sources.
        arguments += ["-p", "tessera_im.testkit.pytest_plugin"]
    result = pytester.runpytest_subprocess(*arguments)
    result.assert_outcomes(passed=5, xfailed=1)
