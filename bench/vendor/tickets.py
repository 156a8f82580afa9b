"""Times the vendor's Python library: signing tickets, and checking them.

The library has no check, so one is put together from its own signature function and Python's zlib and json.

usage: tickets.py COUNT USER
"""

import base64
import json
import sys
import time
import zlib

from TLSSigAPIv2 import TLSSigAPIv2

ALPHABET = bytes.maketrans(b"*-_", b"+/=")
API = TLSSigAPIv2(1400000001, "bench-only-secret-of-an-app-that-is-nobodys")


def check(ticket, user):
    document = json.loads(zlib.decompress(base64.b64decode(ticket.encode("ascii").translate(ALPHABET))))
    # The name that Python gives to the library's private method.
    hmac = API._TLSSigAPIv2__hmacsha256
    sig = hmac(document["TLS.identifier"], document["TLS.time"], document["TLS.expire"], None)
    if sig.decode("ascii") != document["TLS.sig"] or document["TLS.identifier"] != user:
        raise ValueError("a good ticket is refused")


def micros(count, work):
    start = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - start) * 1e6 / count


def main():
    count, user = int(sys.argv[1]), sys.argv[2]
    ticket = API.gen_sig(user, 86400)
    sign_us = micros(count, lambda: API.gen_sig(user, 86400))
    verify_us = micros(count, lambda: check(ticket, user))
    print(json.dumps({"sign_us": sign_us, "verify_us": verify_us}))


main()
