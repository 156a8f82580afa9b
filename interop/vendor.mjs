// The vendor's Node library behind lines of JSON: signs tickets, and checks ours.
//
// One request a line, one answer a line, in the same order; see src/vendor.rs. Not a copy of the library: the signature
// is computed by the library's own function, while text, zlib and JSON are read by Node's, independently of it.
//
// usage: node vendor.mjs NODE_MODULES

import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";
import { isDeepStrictEqual } from "node:util";
import zlib from "node:zlib";

// The library lies in a folder of its own, outside this checkout.
const require = createRequire(path.resolve(process.argv[2], "..", "vendor.cjs"));
const { Api } = require("tls-sig-api-v2");

const CHARACTERS = { "*": "+", "-": "/", _: "=" };

function userbufOf(request) {
  return request.userbuf === null ? null : Buffer.from(request.userbuf, "hex");
}

function sign(request) {
  const api = new Api(request.app, request.key);
  const userbuf = userbufOf(request);
  if (userbuf === null) {
    return { ticket: api.genUserSig(request.user, request.expire) };
  }
  return { ticket: api.genSig(request.user, request.expire, userbuf) };
}

function check(request) {
  const text = request.ticket.replace(/[*\-_]/g, (character) => CHARACTERS[character]);
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) {
    return { error: "not canonical base64" };
  }
  const document = JSON.parse(zlib.inflateSync(bytes).toString("utf8"));
  const userbuf = userbufOf(request)?.toString("base64") ?? null;
  const api = new Api(request.app, request.key);
  const expected = {
    "TLS.ver": "2.0",
    "TLS.identifier": request.user,
    "TLS.sdkappid": request.app,
    "TLS.time": request.time,
    "TLS.expire": request.expire,
    "TLS.sig": api._hmacsha256(request.user, request.time, request.expire, userbuf),
    ...(userbuf === null ? {} : { "TLS.userbuf": userbuf }),
  };
  if (isDeepStrictEqual(document, expected)) {
    return {};
  }
  const names = Object.keys({ ...expected, ...document });
  return { error: `differs in ${names.filter((name) => document[name] !== expected[name]).join(", ")}` };
}

const answers = { sign, check };
for await (const line of readline.createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    answer = answers[request.op](request);
  } catch (error) {
    // Whatever goes wrong is this ticket's failure, not the suite's end.
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
