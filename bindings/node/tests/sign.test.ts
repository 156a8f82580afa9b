/** Tickets: those of `sign` by an independent check, and those of the vendor's npm package at a gateway. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { Client, sign, type TicketOptions } from "tessera-im";
import { withGateway } from "tessera-im/testkit";

const sdkAppID = 1400000000;
const secretKey = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";

interface Document {
  "TLS.ver": string;
  "TLS.identifier": string;
  "TLS.sdkappid": number;
  "TLS.time": number;
  "TLS.expire": number;
  "TLS.userbuf"?: string;
  "TLS.sig": string;
}

/** Reads a ticket with what Node brings. */
function read(ticket: string): Document {
  const base64 = ticket.replace(/[*_-]/g, (letter) => ({ "*": "+", "-": "/", _: "=" })[letter]!);
  return JSON.parse(inflateSync(Buffer.from(base64, "base64")).toString()) as Document;
}

function hmac(document: Document): string {
  const lines = (["identifier", "sdkappid", "time", "expire"] as const).map((name) => `TLS.${name}:${document[`TLS.${name}`]}\n`);
  const userbuf = document["TLS.userbuf"];
  const text = lines.join("") + (userbuf === undefined ? "" : `TLS.userbuf:${userbuf}\n`);
  return createHmac("sha256", secretKey).update(text).digest("base64");
}

test("a ticket verifies with an independent HMAC", () => {
  const options: TicketOptions = { sdkAppID, secretKey, userID: "xiaojun", expireSeconds: 15552000, time: 1700000000 };
  const plain = read(sign(options));
  assert.deepEqual(plain, {
    "TLS.ver": "2.0",
    "TLS.identifier": "xiaojun",
    "TLS.sdkappid": sdkAppID,
    "TLS.time": 1700000000,
    "TLS.expire": 15552000,
    "TLS.sig": hmac(plain),
  });
  // The same inputs gave these signatures with the vendor's packages.
  assert.equal(plain["TLS.sig"], "LvA7d/Iw7gSsnskvVzBDPOCCDbuNCw4GHwTC0bip+B4=");
  const withBytes = read(sign({ ...options, userBuf: Buffer.from("abc") }));
  assert.equal(withBytes["TLS.sig"], "QjT201xPkXk/aM1e+y0vakZb0K2iPrFue++0s5y6bFM=");
  assert.equal(hmac(withBytes), withBytes["TLS.sig"]);
});

test("what is left out is a day from now", () => {
  const seconds = () => Math.floor(Date.now() / 1000);
  const before = seconds();
  const document = read(sign({ sdkAppID, secretKey, userID: "alice" }));
  assert.equal(document["TLS.expire"], 86_400);
  assert.ok(document["TLS.time"] >= before && document["TLS.time"] <= seconds());
});

test("what cannot be signed is refused with the reason, and the key is in no error", () => {
  const options = { sdkAppID, secretKey, userID: "alice" };
  const refused: [Partial<TicketOptions>, RegExp][] = [
    [{ userID: "a b" }, /user id/],
    [{ secretKey: "" }, /key/],
    [{ expireSeconds: 0 }, /lifetime/],
    [{ expireSeconds: 1.5 }, /lifetime/],
    [{ expireSeconds: -1 }, /lifetime/],
    [{ sdkAppID: Number.NaN }, /app id/],
    [{ time: Number.NaN }, /time/],
    [{ time: -1 }, /time/],
    [{ time: Infinity }, /time/],
    [{ userBuf: new Uint8Array(10_000) }, /userbuf/],
  ];
  for (const [change, reason] of refused) {
    assert.throws(() => sign({ ...options, ...change }), (error: Error) => {
      return reason.test(error.message) && !String(error.stack).includes(secretKey);
    });
  }
});

test("tickets of the vendor's npm package log in", withGateway({ sdkAppID, secretKey }, async (gateway) => {
  const vendor = process.env["TESSERA_VENDOR_MODULES"];
  assert.ok(vendor, "TESSERA_VENDOR_MODULES names the folder that has tls-sig-api-v2");
  const { Api } = require(`${vendor}/tls-sig-api-v2`) as {
    Api: new (app: number, key: string) => { genSig(user: string, expire: number, userBuf: Buffer | null): string };
  };
  const api = new Api(sdkAppID, secretKey);
  const client = await gateway.client("phone");
  for (const userBuf of [null, Buffer.from("abc")]) {
    await client.login("alice", api.genSig("alice", 600, userBuf));
    assert.equal(client.loginUser, "alice");
    await client.logout();
  }
  await assert.rejects(client.login("alice", new Api(sdkAppID, "another key").genSig("alice", 600, null)), { code: 70009 });
  assert.ok(client instanceof Client);
}));
