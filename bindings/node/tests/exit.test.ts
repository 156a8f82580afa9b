/** Processes end: by themselves, whatever a client is doing, and in every other way without a crash. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { withGateway } from "tessera-im/testkit";
import { isFull, runNode, runProgram } from "./support";

const STATES = ["initialised", "logging in", "logged in"];
const WAYS: Record<string, { code: number | null; signal: NodeJS.Signals | null }> = {
  "by itself": { code: 0, signal: null },
  "process.exit": { code: 0, signal: null },
  "in a callback": { code: 0, signal: null },
  unInit: { code: 0, signal: null },
  "an exception": { code: 1, signal: null },
  "a signal": { code: null, signal: "SIGTERM" },
};

for (const [way, { code, signal }] of Object.entries(WAYS)) {
  for (const state of STATES) {
    test(`a process that is ${state} ends: ${way}`, withGateway(async (gateway) => {
      const ended = await runProgram("exit", [gateway.url, gateway.sign("alice"), state, way]);
      assert.deepEqual([ended.code, ended.signal], [code, signal], ended.stderr);
      if (way !== "in a callback") {
        assert.match(ended.stdout, new RegExp(`^${state}: status`));
      }
    }));
  }
}

test("processes end again and again with logins in flight and callbacks pending", withGateway(async (gateway) => {
  const rounds = isFull ? 1_000 : 30;
  const ways = ["by itself", "process.exit", "in a callback", "unInit"];
  for (let n = 0; n < rounds; n += 1) {
    const ended = await runProgram("exit", [gateway.url, gateway.sign("alice"), "logging in", ways[n % ways.length]!]);
    assert.deepEqual([ended.code, ended.signal], [0, null], `round ${n}: ${ended.stderr}`);
  }
}));

test("an awaited call keeps the process alive until it has its result", withGateway(async (gateway) => {
  (await gateway.network("phone")).stall();
  const { url } = await gateway.network("phone");
  const program = `
    const { Client } = require("tessera-im");
    const options = { sdkAppID: ${gateway.sdkAppID}, serverUrl: "${url}", allowPlain: true, loginTimeoutMs: 200 };
    const client = new Client(options);
    client.login("alice", "${gateway.sign("alice")}").catch((error) => console.log(error.code));
  `;
  const ended = await runNode(["-e", program]);
  assert.deepEqual([ended.code, ended.stdout.trim()], [0, "9523"], ended.stderr);
}));

test("a login whose argument closes the client is refused, and keeps no process alive", withGateway(async (gateway) => {
  // C5
  const program = `
    const { Client } = require("tessera-im");
    const client = new Client({ sdkAppID: ${gateway.sdkAppID}, serverUrl: "${gateway.url}", allowPlain: true });
    const user = {
      toString() {
        client.close();
        return "alice";
      },
    };
    client.login(user, "${gateway.sign("alice")}").catch((error) => console.log(error.code));
  `;
  const ended = await runNode(["-e", program]);
  assert.deepEqual([ended.code, ended.stdout.trim()], [0, "6013"], ended.stderr);
}));

test("a client that is referenced keeps the process alive until it is closed", withGateway(async (gateway) => {
  const program = `
    const { Client } = require("tessera-im");
    const client = new Client({ sdkAppID: ${gateway.sdkAppID}, serverUrl: "${gateway.url}", allowPlain: true }).ref();
    client.on("kickedOffline", ({ reason }) => {
      console.log(reason);
      client.close();
    });
    client.login("alice", "${gateway.sign("alice")}");
  `;
  const ended = runNode(["-e", program]);
  await gateway.waitForSessions("alice", 1, { timeoutMs: 20_000 });
  await gateway.kick("alice");
  const { code, stdout, stderr } = await ended;
  assert.deepEqual([code, stdout.trim()], [0, "admin"], stderr);
}));

test("a platform without a binary gets an error that says so", async () => {
  const program = `
    Object.defineProperty(process, "platform", { value: "sunos" });
    require("tessera-im");
  `;
  const { code, stderr } = await runNode(["-e", program]);
  assert.equal(code, 1);
  assert.match(stderr, /PlatformError.*tessera-im has no native module for sunos-.*This package has .*docs\/node.md/s);
});
