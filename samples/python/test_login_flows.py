"""The login flows that V2TIM's documents warn of, as tests: copy what you need, and put your code in place of `App`.

Nothing here needs an account, a network or a wait. Run it with `pytest`, where `tessera-im` and `pytest` are installed.
The fixture `tessera_gateway` comes with the package: a gateway in the test's own process, which code written for V2TIM
reaches by the environment, without a word of it in the code.
"""

from __future__ import annotations

import pytest

from tessera_im.testkit import Callback, Gateway, Recorder, wait_until
from tessera_im.v2tim import V2TIM_STATUS_LOGINED, V2TIM_STATUS_LOGOUT, V2TIMManager, V2TIMSDKListener

ERR_USER_SIG_EXPIRED = 6206
ERR_SVR_ACCOUNT_USERSIG_EXPIRED = 70001
ERR_LOGIN_KICKED_OFF_BY_OTHER = 6208


class App(V2TIMSDKListener):
    """The code under test: what an app does about its login. It knows V2TIM, a server that signs, and no test."""

    def __init__(self, sdk_app_id: int, gateway: Gateway) -> None:
        self.screen = "login"
        self.server = gateway  # Stands for your own server, which signs tickets.
        self.manager = V2TIMManager.get_instance()
        self.manager.add_im_sdk_listener(self)
        assert self.manager.init_sdk(sdk_app_id)

    def log_in(self, user_id: str, user_sig: str) -> None:
        def done(code: int, desc: str) -> None:
            if code in (ERR_USER_SIG_EXPIRED, ERR_SVR_ACCOUNT_USERSIG_EXPIRED):
                # The ticket has expired on the way: get a new one and log in again.
                self.log_in(user_id, self.server.sign(user_id))
            elif code == 0:
                self.screen = f"chats of {user_id}"
            else:
                self.screen = f"login failed: {code}"

        self.manager.login(user_id, user_sig, done)

    def on_kicked_offline(self) -> None:
        self.screen = "logged in on another device"

    def on_user_sig_expired(self) -> None:
        self.screen = "log in again"


@pytest.fixture
def app(tessera_gateway: Gateway) -> App:
    return App(tessera_gateway.sdk_app_id, tessera_gateway)


def logged_in(app: App, gateway: Gateway, user_id: str = "alice") -> None:
    app.log_in(user_id, gateway.sign(user_id))
    wait_until(lambda: app.screen == f"chats of {user_id}")


def test_the_first_login_signs_up(app: App, tessera_gateway: Gateway) -> None:
    logged_in(app, tessera_gateway)
    assert app.manager.get_login_user() == "alice"
    assert app.manager.get_login_status() == V2TIM_STATUS_LOGINED
    assert len(tessera_gateway.sessions("alice")) == 1


def test_a_ticket_that_has_expired_at_login_is_renewed_and_the_login_repeated(
    app: App, tessera_gateway: Gateway
) -> None:
    expired = tessera_gateway.sign("alice", expire=60, at=tessera_gateway.now() - 3600)
    app.log_in("alice", expired)
    wait_until(lambda: app.screen == "chats of alice")


def test_a_login_that_fails_leaves_nobody_logged_in(app: App, tessera_gateway: Gateway) -> None:
    app.log_in("alice", tessera_gateway.sign("bob"))
    wait_until(lambda: app.screen == "login failed: 70013")
    assert app.manager.get_login_user() == ""


def test_a_ticket_that_expires_online_asks_to_log_in_again(app: App, tessera_gateway: Gateway) -> None:
    app.log_in("alice", tessera_gateway.sign("alice", expire=3600))
    wait_until(lambda: app.screen == "chats of alice")
    tessera_gateway.move_clock(3600)
    wait_until(lambda: app.screen == "log in again")
    assert app.manager.get_login_status() == V2TIM_STATUS_LOGOUT
    logged_in(app, tessera_gateway)


def test_a_ticket_that_expires_without_a_network_is_noticed_all_the_same(app: App, tessera_gateway: Gateway) -> None:
    app.log_in("alice", tessera_gateway.sign("alice", expire=3600))
    wait_until(lambda: app.screen == "chats of alice")
    tessera_gateway.move_clock(3598)
    # The app knows the new time, and loses the network.
    wait_until(lambda: app.manager.get_server_time() >= int(tessera_gateway.now()) - 1)
    with tessera_gateway.network("app").down():
        wait_until(lambda: app.screen == "log in again")


def test_a_login_on_another_device_kicks_this_one(app: App, tessera_gateway: Gateway) -> None:
    tessera_gateway.set_policy("single")
    logged_in(app, tessera_gateway)
    tablet = tessera_gateway.client("tablet", platform="ipad")
    tablet.login("alice", tessera_gateway.sign("alice")).wait()
    wait_until(lambda: app.screen == "logged in on another device")
    assert app.manager.get_login_user() == ""
    # The user may log in again, which kicks the other device.
    logged_in(app, tessera_gateway)


def test_a_kick_by_the_operator_makes_older_tickets_void(app: App, tessera_gateway: Gateway) -> None:
    ticket = tessera_gateway.sign("alice")
    app.log_in("alice", ticket)
    wait_until(lambda: app.screen == "chats of alice")
    sign_after = tessera_gateway.kick("alice")
    wait_until(lambda: app.screen == "logged in on another device")
    app.log_in("alice", ticket)
    wait_until(lambda: app.screen == "login failed: 70052")
    app.log_in("alice", tessera_gateway.sign("alice", at=sign_after))
    wait_until(lambda: app.screen == "chats of alice")


@pytest.mark.tessera_gateway(policy="single", offline_kick_error=True)
def test_an_app_that_was_kicked_while_it_was_closed_is_told_at_its_next_login(
    app: App, tessera_gateway: Gateway
) -> None:
    logged_in(app, tessera_gateway)
    tessera_gateway.network("app").down()
    tessera_gateway.wait_for_connected("alice", 0)
    app.manager.un_init_sdk()  # The user closes the app in the tunnel,
    tablet = tessera_gateway.client("tablet", platform="ipad")
    tablet.login("alice", tessera_gateway.sign("alice")).wait()
    tessera_gateway.network("app").restore()
    app = App(tessera_gateway.sdk_app_id, tessera_gateway)  # and opens it again at home.
    app.log_in("alice", tessera_gateway.sign("alice"))
    wait_until(lambda: app.screen == f"login failed: {ERR_LOGIN_KICKED_OFF_BY_OTHER}")
    logged_in(app, tessera_gateway)


@pytest.mark.tessera_gateway(policy="single", offline_kick_error=True)
def test_an_app_that_was_kicked_while_it_was_offline_is_told_when_it_is_back(
    app: App, tessera_gateway: Gateway
) -> None:
    logged_in(app, tessera_gateway)
    with tessera_gateway.network("app").down():
        tessera_gateway.wait_for_connected("alice", 0)
        tablet = tessera_gateway.client("tablet", platform="ipad")
        tablet.login("alice", tessera_gateway.sign("alice")).wait()
    wait_until(lambda: app.screen == "logged in on another device")


def test_a_lost_network_needs_no_new_login(app: App, tessera_gateway: Gateway) -> None:
    recorder = Recorder()
    app.manager.add_im_sdk_listener(recorder)
    logged_in(app, tessera_gateway)
    with tessera_gateway.network("app").down():
        recorder.wait_for("on_connect_failed")
        assert app.manager.get_login_user() == "alice"
    recorder.wait_for("on_connect_success")
    assert app.screen == "chats of alice"
    # The operator's bill: it was one login, and one user.
    assert tessera_gateway.logins() == 1


def test_switching_the_account_needs_no_logout(app: App, tessera_gateway: Gateway) -> None:
    logged_in(app, tessera_gateway, "alice")
    logged_in(app, tessera_gateway, "bob")
    assert app.manager.get_login_user() == "bob"
    assert tessera_gateway.sessions("alice") == [] and len(tessera_gateway.sessions("bob")) == 1


def test_logging_in_twice_is_one_login(app: App, tessera_gateway: Gateway) -> None:
    ticket = tessera_gateway.sign("alice")
    for _ in range(3):
        app.log_in("alice", ticket)
    wait_until(lambda: app.screen == "chats of alice")
    assert tessera_gateway.logins() == 1


def test_logging_out_ends_the_session(app: App, tessera_gateway: Gateway) -> None:
    logged_in(app, tessera_gateway)
    out = Callback()
    app.manager.logout(out)
    assert out.wait() == (0, "")
    assert app.manager.get_login_status() == V2TIM_STATUS_LOGOUT
    tessera_gateway.wait_for_sessions("alice", 0)
    app.manager.un_init_sdk()
