"""V2TIM's names in Python's spelling: the manager, its configuration, its listener and its callback.

>>> from tessera_im.v2tim import V2TIMManager, V2TIMSDKConfig, V2TIMSDKListener
>>> class Screen(V2TIMSDKListener):
...     def on_kicked_offline(self) -> None:
...         print("logged in on another device")
>>> manager = V2TIMManager.get_instance()
>>> manager.add_im_sdk_listener(Screen())
>>> manager.init_sdk(1400000001, V2TIMSDKConfig(server_url="wss://chat.example.com", connect_at_init=False))
True
>>> manager.un_init_sdk()
"""

from __future__ import annotations

from ._native import KickedOffline, V2TIMManager
from .config import V2TIMSDKConfig
from .errors import TesseraError
from .status import V2TIMLoginStatus, V2TIMLogLevel

__all__ = [
    "V2TIM_STATUS_LOGINED",
    "V2TIM_STATUS_LOGINING",
    "V2TIM_STATUS_LOGOUT",
    "V2TIMCallback",
    "V2TIMLogLevel",
    "V2TIMLoginStatus",
    "V2TIMManager",
    "V2TIMSDKConfig",
    "V2TIMSDKListener",
]

V2TIM_STATUS_LOGINED = V2TIMLoginStatus.V2TIM_STATUS_LOGINED
V2TIM_STATUS_LOGINING = V2TIMLoginStatus.V2TIM_STATUS_LOGINING
V2TIM_STATUS_LOGOUT = V2TIMLoginStatus.V2TIM_STATUS_LOGOUT


class V2TIMCallback:
    """The result of a call: `on_success` is called, or `on_error`, once. They may be `async def` as a listener's."""

    def on_success(self) -> None:
        """The call has succeeded."""

    def on_error(self, code: int, desc: str, /) -> None:
        """The call has failed; `tessera_im.codes` has the names of the codes."""

    def on_error_ex(self, error: TesseraError, /) -> None:
        """As `on_error`, which is called first, with what the code means for a retry. Not part of V2TIM."""


class V2TIMSDKListener:
    """The events of the session. Every method is empty: override those that matter.

    Callbacks run one at a time, in order, never inside the call that caused them. What one of them raises is logged and
    hurts nobody. They may call the SDK. Where they run on an asyncio loop they may be `async def`: such a one runs as a
    task of the loop, which nobody waits for.
    """

    def on_connecting(self) -> None:
        """The connection is being made, at first or again."""

    def on_connect_success(self) -> None:
        """The connection is there."""

    def on_connect_failed(self, code: int, error: str, /) -> None:
        """A try to connect has failed; the next follows by itself."""

    def on_disconnected(self, code: int, error: str, /) -> None:
        """The connection has dropped. Not part of V2TIM for this kind of platform."""

    def on_kicked_offline(self) -> None:
        """Somebody else ended the session: the user is logged out, and nothing logs in again by itself."""

    def on_kicked_offline_ex(self, kick: KickedOffline, /) -> None:
        """As `on_kicked_offline`, with the reason. It is called instead of that, and calls it unless you override it.
        Not part of V2TIM."""
        self.on_kicked_offline()

    def on_user_sig_expired(self) -> None:
        """The ticket has expired: the user is logged out. Get a new ticket and log in."""

    def on_self_info_updated(self, info: object, /) -> None:
        """Never called: profiles are outside the session layer."""

    def on_user_status_changed(self, user_status_list: object, /) -> None:
        """Never called: presence is outside the session layer."""

    def on_user_info_changed(self, user_info_list: object, /) -> None:
        """Never called: profiles are outside the session layer."""

    def on_all_receive_message_opt_changed(self, receive_message_opt_info: object, /) -> None:
        """Never called: messages are outside the session layer."""

    def on_experimental_notify(self, key: str, param: object, /) -> None:
        """Never called: there is no experimental API."""
