"""Why a call has failed: `TesseraError` and a subclass for each kind of error.

The code says exactly what it was (`tessera_im.codes` has their names); the class says what to do about it.

>>> from tessera_im.errors import TicketError
>>> error = TicketError(70001, "the ticket has expired", needs_new_ticket=True)
>>> error.code, error.needs_new_ticket
(70001, True)
>>> print(error)
70001: the ticket has expired
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional


class TesseraError(Exception):
    """A call has failed, and `code` says why."""

    code: int
    """The number that V2TIM publishes for it."""
    desc: str
    """A sentence for a person. It never holds a ticket or a key."""
    retryable: bool
    """Whether the same call can succeed later without a change."""
    needs_new_ticket: bool
    """Whether a new ticket is what helps: with codes 6206, 70001 and 70052, and no others."""
    retry_after: Optional[float]
    """When to try again at the earliest, in seconds from now, if the gateway has said so."""

    def __init__(
        self,
        code: int,
        desc: str,
        retryable: bool = False,
        needs_new_ticket: bool = False,
        retry_after: Optional[float] = None,
    ) -> None:
        super().__init__(code, desc, retryable, needs_new_ticket, retry_after)
        self.code = code
        self.desc = desc
        self.retryable = retryable
        self.needs_new_ticket = needs_new_ticket
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code}: {self.desc}"


class ArgumentError(TesseraError):
    """An argument or a setting is wrong; the same call will fail again."""


class StateError(TesseraError):
    """The call does not fit the state of the client: not initialised, ended by another call, inside a callback."""


class NetworkError(TesseraError):
    """The gateway was not reached, or did not answer."""


class TicketError(TesseraError):
    """The ticket was refused; `needs_new_ticket` says whether another one helps."""


class AccountError(TesseraError):
    """The account or the app is unknown or disabled."""


class KickedError(TesseraError):
    """The session was ended by somebody else while the device was offline; log in again."""


class LimitError(TesseraError):
    """A limit was met; `retry_after` may say when to come back."""


class InternalError(TesseraError):
    """A fault of the gateway or of this library."""
