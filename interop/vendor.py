"""The vendor's Python library behind lines of JSON: signs tickets, and checks ours.

One request a line, one answer a line, in the same order; see src/vendor.rs. Not a copy of the library: the signature is
computed by the library's own function, while text, zlib and JSON are read by Python's, independently of it.
"""

import base64
import json
import sys
import zlib

from TLSSigAPIv2 import TLSSigAPIv2

ALPHABET = bytes.maketrans(b"*-_", b"+/=")


def sign(request):
    api = TLSSigAPIv2(request["app"], request["key"])
    if request["userbuf"] is None:
        return {"ticket": api.gen_sig(request["user"], request["expire"])}
    userbuf = bytes.fromhex(request["userbuf"])
    return {"ticket": api.gen_sig_with_userbuf(request["user"], request["expire"], userbuf)}


def check(request):
    text = request["ticket"].encode("ascii").translate(ALPHABET)
    document = json.loads(zlib.decompress(base64.b64decode(text, validate=True)))
    expected = {
        "TLS.ver": "2.0",
        "TLS.identifier": request["user"],
        "TLS.sdkappid": request["app"],
        "TLS.time": request["time"],
        "TLS.expire": request["expire"],
    }
    userbuf = None
    if request["userbuf"] is not None:
        userbuf = base64.b64encode(bytes.fromhex(request["userbuf"])).decode("ascii")
        expected["TLS.userbuf"] = userbuf
    api = TLSSigAPIv2(request["app"], request["key"])
    # The name that Python gives to the library's private method.
    hmac = api._TLSSigAPIv2__hmacsha256
    sig = hmac(request["user"], request["time"], request["expire"], userbuf)
    expected["TLS.sig"] = sig.decode("ascii")
    if document == expected:
        return {}
    different = [name for name in {**expected, **document} if document.get(name) != expected.get(name)]
    return {"error": "differs in " + ", ".join(different)}


def main():
    answers = {"sign": sign, "check": check}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = answers[request["op"]](request)
        except Exception as error:  # Whatever goes wrong is this ticket's failure, not the suite's end.
            answer = {"error": repr(error)}
        sys.stdout.write(json.dumps(answer) + "\n")


main()
