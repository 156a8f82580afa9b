"""Moving what the SDK has to say to `logging`: the body of a thread, which the first init starts."""

from __future__ import annotations

import logging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._native import _LogPump


def run(pump: _LogPump) -> None:
    logger = logging.getLogger("tessera_im")
    while True:
        records = pump.take()
        if records is None:
            return
        for level, text in records:
            try:
                logger.log(level, "%s", text)
            except Exception:  # A handler of the host that raises must not end what others read.
                pass
