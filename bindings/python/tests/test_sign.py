"""Tickets: signed here and checked by nothing of ours, and exchanged with the vendor's published package."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from typing import Any, Dict, List, Optional, Tuple

import pytest

import tessera_im
from tessera_im.testkit import Gateway

KEY = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"


def opened(ticket: str) -> Dict[str, Any]:
    """The document of a ticket."""
    text = ticket.translate(str.maketrans("*-_", "+/="))
    document: Dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(text)))
    return document


def signature(document: Dict[str, Any], key: str) -> str:
    """The signature that a document should have, computed by Python's own HMAC."""
    names = ["TLS.identifier", "TLS.sdkappid", "TLS.time", "TLS.expire", "TLS.userbuf"]
    content = "".join(f"{name}:{document[name]}\n" for name in names if name in document)
    return base64.b64encode(hmac.new(key.encode(), content.encode(), hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("userbuf", [None, b"", b"anything \x00\xff"])
def test_a_ticket_verifies_with_an_independent_hmac(userbuf: Optional[bytes]) -> None:
    document = opened(tessera_im.sign(1400000001, KEY, "alice", expire=3600, now=1700000000.9, userbuf=userbuf))
    assert document["TLS.sig"] == signature(document, KEY) != signature(document, KEY + "x")
    assert (document["TLS.ver"], document["TLS.identifier"], document["TLS.sdkappid"]) == ("2.0", "alice", 1400000001)
    assert (document["TLS.time"], document["TLS.expire"]) == (1700000000, 3600)
    assert document.get("TLS.userbuf") == (None if userbuf is None else base64.b64encode(userbuf).decode())


def test_what_no_gateway_would_take_is_not_signed() -> None:
    cases: List[Tuple[Dict[str, Any], str]] = [
        ({"user_id": "not a user"}, "user id"),
        ({"expire": 0}, "lifetime"),
        ({"key": ""}, "key"),
        ({"now": -1.0}, "1970"),
        ({"now": float("nan")}, "1970"),
        ({"userbuf": b"x" * 10_000}, "userbuf"),
    ]
    for arguments, named in cases:
        given: Dict[str, Any] = {"sdk_app_id": 1, "key": KEY, "user_id": "alice", **arguments}
        with pytest.raises(ValueError, match=named):
            tessera_im.sign(**given)


def test_a_gateway_takes_what_is_signed_here(tessera_gateway: Gateway) -> None:
    phone = tessera_gateway.client("phone")
    for userbuf in (None, b"room 1"):
        phone.login("alice", tessera_im.sign(tessera_gateway.sdk_app_id, tessera_gateway.key, "alice", userbuf=userbuf)).wait()
    with pytest.raises(tessera_im.TicketError) as refused:
        phone.login("alice", tessera_im.sign(tessera_gateway.sdk_app_id, "another key", "alice")).wait()
    assert refused.value.code == 70009


def test_tickets_of_the_vendors_package_log_in(tessera_gateway: Gateway) -> None:
    vendor = pytest.importorskip("TLSSigAPIv2", reason="needs tls-sig-api-v2 from PyPI")
    api = vendor.TLSSigAPIv2(tessera_gateway.sdk_app_id, tessera_gateway.key)
    phone = tessera_gateway.client("phone")
    phone.login("alice", api.gen_sig("alice", 600)).wait()
    assert phone.login_user == "alice"
    mine = opened(tessera_im.sign(tessera_gateway.sdk_app_id, tessera_gateway.key, "alice", expire=600))
    theirs = opened(api.gen_sig("alice", 600))
    for document in (mine, theirs):
        document.pop("TLS.time"), document.pop("TLS.sig")
    assert mine == theirs
