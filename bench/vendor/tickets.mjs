// Times the vendor's Node library: signing tickets, and checking them.
//
// The library has no check, so one is put together from its own signature function and Node's zlib and JSON.
//
// usage: node tickets.mjs NODE_MODULES COUNT USER

import { createRequire } from "node:module";
import path from "node:path";
import zlib from "node:zlib";

// The library lies in a folder of its own, outside this checkout.
const require = createRequire(path.resolve(process.argv[2], "..", "bench.cjs"));
const { Api } = require("tls-sig-api-v2");

const count = Number(process.argv[3]);
const user = process.argv[4];
const api = new Api(1400000001, "bench-only-secret-of-an-app-that-is-nobodys");
const characters = { "*": "+", "-": "/", _: "=" };

function check(ticket) {
  const text = ticket.replace(/[*\-_]/g, (character) => characters[character]);
  const document = JSON.parse(zlib.inflateSync(Buffer.from(text, "base64")).toString("utf8"));
  const sig = api._hmacsha256(document["TLS.identifier"], document["TLS.time"], document["TLS.expire"], null);
  if (sig !== document["TLS.sig"] || document["TLS.identifier"] !== user) {
    throw new Error("a good ticket is refused");
  }
}

function micros(work) {
  // The engine gets warm first.
  for (let n = 0; n < Math.min(count, 2000); n++) work();
  const start = process.hrtime.bigint();
  for (let n = 0; n < count; n++) work();
  return Number(process.hrtime.bigint() - start) / 1000 / count;
}

const ticket = api.genUserSig(user, 86400);
const sign_us = micros(() => api.genUserSig(user, 86400));
const verify_us = micros(() => check(ticket));
console.log(JSON.stringify({ sign_us, verify_us }));
