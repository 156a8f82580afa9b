"""The generated tables of Python are those of Rust: counts, names and numbers."""

from __future__ import annotations

from typing import get_type_hints

import pytest

from tessera_im import _native, _settings, codes, errors
from tessera_im.config import V2TIMSDKConfig
from tessera_im.status import ConnectionStatus, LoginStatus, V2TIMLoginStatus, V2TIMLogLevel
from tessera_im.v2tim import V2TIM_STATUS_LOGINED, V2TIM_STATUS_LOGINING, V2TIM_STATUS_LOGOUT

TABLES = _native._tables()


def test_codes() -> None:
    assert [tuple(code) for code in codes.CODES] == TABLES["codes"]
    for number, name, *_ in TABLES["codes"]:
        assert getattr(codes, name) == number


def test_three_codes_and_no_others_ask_for_a_new_ticket() -> None:
    # C17
    assert [code.number for code in codes.CODES if code.needs_new_ticket] == [6206, 70001, 70052]


def test_every_kind_of_error_has_a_class() -> None:
    for kind in {code.kind for code in codes.CODES} - {"success"}:
        assert issubclass(getattr(errors, f"{kind.capitalize()}Error"), errors.TesseraError)


def test_login_status() -> None:
    # C2
    assert (V2TIM_STATUS_LOGINED, V2TIM_STATUS_LOGINING, V2TIM_STATUS_LOGOUT) == (1, 2, 3)
    assert {name: int(member) for name, member in LoginStatus.__members__.items()} == {
        name.upper(): number for name, number, _ in TABLES["login_status"]
    }
    assert {name: int(member) for name, member in V2TIMLoginStatus.__members__.items()} == {
        name: number for _, number, name in TABLES["login_status"]
    }


def test_connection_status_and_log_levels() -> None:
    connection = {name: int(member) for name, member in ConnectionStatus.__members__.items()}
    assert connection == {name.upper(): number for name, number in TABLES["connection_status"]}
    levels = {int(member) for member in V2TIMLogLevel}
    assert levels == {number for _, number in TABLES["log_level"]}


def test_settings() -> None:
    # C23
    names = [name for name, *_ in TABLES["settings"]]
    assert list(V2TIMSDKConfig.__slots__) == names
    assert list(get_type_hints(_settings.Settings)) == names
    config = V2TIMSDKConfig()
    assert all(getattr(config, name) is None for name in names)


@pytest.mark.parametrize("name, _env, low, high", [row for row in TABLES["settings"] if row[3] > 0])
def test_both_ends_of_a_range_are_taken_and_one_beyond_is_not(name: str, _env: str, low: int, high: int) -> None:
    # C23
    import tessera_im

    others = {"reconnect_delay_min_ms": 10, "reconnect_delay_max_ms": 600000}
    others.update({"ticket_retry_min_ms": 10, "ticket_retry_max_ms": 600000})

    def init(value: int) -> None:
        settings = {**others, name: value}
        client = tessera_im.Client(1, server_url="wss://127.0.0.1:1", connect_at_init=False, **settings)  # type: ignore[arg-type]
        client.init()
        client.un_init()

    init(high)
    init(low)
    for beyond in [high + 1] + ([low - 1] if low > 0 else []):
        with pytest.raises(errors.ArgumentError, match=name) as refused:
            init(beyond)
        assert refused.value.code == 6017


def test_a_name_that_is_no_setting_is_refused_and_the_right_one_is_told() -> None:
    import tessera_im

    with pytest.raises(TypeError, match="there is no setting `login_timeout`; the nearest name is `login_timeout_ms`"):
        tessera_im.Client(1, server_url="wss://127.0.0.1:1", login_timeout=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="there is no setting `foo`$"):
        tessera_im.Client(1, foo=None)  # type: ignore[call-arg]


def test_help_lists_the_settings() -> None:
    import pydoc

    import tessera_im

    text = pydoc.plain(pydoc.render_doc(tessera_im.Client))
    assert [name for name, *_ in TABLES["settings"] if f"\n |  {name}\n |      " not in text] == []


def test_the_environment_is_asked_where_the_code_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # C23
    import tessera_im

    for name, env, _low, _high in TABLES["settings"]:
        assert env == f"TESSERA_{name.upper()}"
    monkeypatch.setenv("TESSERA_LOGIN_TIMEOUT_MS", "99")
    with pytest.raises(errors.ArgumentError, match="environment variable TESSERA_LOGIN_TIMEOUT_MS"):
        tessera_im.Client(1, server_url="wss://127.0.0.1:1").init()
    client = tessera_im.Client(1, server_url="wss://127.0.0.1:1", login_timeout_ms=100, connect_at_init=False)
    client.init()
    client.un_init()


def test_paths_and_numbers_of_enumerations_are_values() -> None:
    import pathlib

    import tessera_im

    with pytest.raises(errors.ArgumentError, match="no-such-file"):
        tessera_im.Client(1, server_url="wss://127.0.0.1:1", ca_file=pathlib.Path("no-such-file")).init()
    with pytest.raises(TypeError, match="login_timeout_ms"):
        tessera_im.Client(1, login_timeout_ms=1.5)  # type: ignore[arg-type]
    for level in [V2TIMLogLevel.V2TIM_LOG_ERROR, "error"]:
        client = tessera_im.Client(1, server_url="wss://127.0.0.1:1", connect_at_init=False, log_level=level)  # type: ignore[arg-type]
        client.init()
        client.un_init()
