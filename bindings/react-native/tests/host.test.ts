/** The package in a React Native of sorts: the library through JSI, in the host for Linux. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Gateway, withGateway } from "tessera-im/testkit";
import { type Ended, isFull, runInHost } from "./support";

const RELOADS = isFull ? 1_008 : 120;
const CLIENTS = isFull ? 2_000 : 400;

/** Reloads, threads, kilobytes that are allocated, kilobytes that are resident. */
type Measured = [number, number, number, number];

/** What a program needs to find the gateway: the environment, as the snippets have it. */
function environment(gateway: Gateway): NodeJS.ProcessEnv {
  return {
    TESSERA_SERVER_URL: gateway.url,
    TESSERA_ALLOW_PLAIN: "true",
    TESSERA_DEVICE_ID: "0123456789abcdef0123456789abcdef",
    SDK_APP_ID: String(gateway.sdkAppID),
    USER_ID: "alice",
    USER_SIG: gateway.sign("alice"),
    OTHER_SIG: gateway.sign("bob"),
  };
}

function assertEnded(ended: Ended): void {
  assert.deepEqual([ended.code, ended.signal], [0, null], ended.stderr + ended.lines.join("\n"));
}

test("a session from initSDK to a kick", withGateway(async (gateway) => {
  // C1 C2 C3 C12 C18: callbacks are in order and never inside a call, and a kick revokes the ticket.
  const ended = await runInHost("session", environment(gateway), [], (line) => {
    if (line === "logged in") {
      void gateway.kick("alice");
    }
  });
  assertEnded(ended);
  assert.deepEqual(ended.lines, [
    '{"code":0,"desc":"ok","data":true} 1 -',
    "connecting",
    "connected",
    '{"code":0,"desc":"ok"} 0 alice',
    "logged in",
    "kicked by admin true 2 -",
    "again 70052 true",
    "with a log",
  ]);
}));

test("a listener that throws hurts nobody and becomes a warning", withGateway(async (gateway) => {
  const ended = await runInHost("throwing", environment(gateway));
  assertEnded(ended);
  assert.deepEqual(ended.lines, [
    "ListenerWarning: Error: thrown",
    "heard",
    "ListenerWarning: Error: rejected",
    "login 0",
  ]);
}));

test("settings come from the manifest", withGateway(async (gateway) => {
  const { TESSERA_SERVER_URL, TESSERA_ALLOW_PLAIN, ...env } = environment(gateway);
  const manifest = { "io.tessera.server_url": TESSERA_SERVER_URL, TesseraAllowPlain: TESSERA_ALLOW_PLAIN };
  const ended = await runInHost("throwing", { ...env, TESSERA_MANIFEST: JSON.stringify(manifest) });
  assertEnded(ended);
  assert.equal(ended.lines.at(-1), "login 0");
}));

test("the device's id is kept in the folder that Android's module names", withGateway(async (gateway) => {
  // C23 G4
  const { TESSERA_DEVICE_ID, ...env } = environment(gateway);
  const folder = mkdtempSync(join(tmpdir(), "tessera-"));
  try {
    const manifest = { "io.tessera.device_dir": join(folder, "tessera") };
    const ended = await runInHost("throwing", { ...env, TESSERA_MANIFEST: JSON.stringify(manifest) });
    assertEnded(ended);
    assert.match(readFileSync(join(folder, "tessera/device-id"), "utf8"), /^[0-9a-f]{32}\n$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
}));

test("an iPad is one, as the module of iOS says", withGateway(async (gateway) => {
  const env = { ...environment(gateway), TESSERA_MANIFEST: JSON.stringify({ TesseraPlatform: "ipad" }) };
  let platforms: string[] = [];
  const ended = await runInHost("session", env, [], async (line) => {
    if (line === "logged in") {
      platforms = (await gateway.sessions("alice")).map((session) => session.platform);
      await gateway.kick("alice");
    }
  });
  assertEnded(ended);
  assert.deepEqual(platforms, ["ipad"]);
}));

test("a return to the foreground and a network are hints", withGateway(async (gateway) => {
  // C11
  const ended = await runInHost("hints", environment(gateway));
  assertEnded(ended);
  assert.deepEqual(ended.lines, ["failed", "failed after a return to the foreground", "failed after a network"]);
}));

test("an app without the New Architecture is told so", async () => {
  const ended = await runInHost("throwing", { TESSERA_NO_RUNTIME: "1" });
  assert.notEqual(ended.code, 0);
  assert.match(ended.stderr, /needs React Native's New Architecture/);
});

test("the documentation's snippets run as they stand", withGateway(async (gateway) => {
  const env = { ...environment(gateway), SNIPPETS: process.env["TESSERA_SNIPPETS"] };
  const ended = await runInHost("documentation", env);
  assertEnded(ended);
  assert.deepEqual(ended.lines, [
    'init {"isInitialised":true}',
    'login {"isLoggedIn":true}',
    'get_login_user {"userID":"alice"}',
    'get_login_status {"told":"logged in"}',
    'logout {"isLoggedOut":true}',
  ]);
}));

test("a reload with logins in flight neither crashes nor leaves anything behind", withGateway(async (gateway) => {
  const ended = await runInHost("reload", environment(gateway), [String(RELOADS)]);
  assertEnded(ended);
  const measured = ended.lines.slice(0, -1).map((line) => line.match(/\d+/g)!.map(Number) as Measured);
  const early = measured[Math.floor(measured.length / 2)]!;
  const late = measured.at(-1)!;
  assert.equal(late[0], RELOADS);
  assert.ok(late[1] <= early[1] + 2, `threads: ${ended.lines.join(", ")}`);
  // JavaScriptCore itself leaves 0.4 kB of each runtime, and a future that nobody frees would be as much again.
  assert.ok(late[2] - early[2] < 20 + (late[0] - early[0]), `memory: ${ended.lines.join(", ")}`);
  assert.ok(late[3] - early[3] < 6_000 + 8 * (late[0] - early[0]), `resident: ${ended.lines.join(", ")}`);
  assert.equal(ended.lines.at(-1), "login 0");
  await gateway.waitForSessions("alice", 0);
}));

test("a reload whose runtimes overlap takes nothing from the next one", withGateway(async (gateway) => {
  const ended = await runInHost("overlap", environment(gateway));
  assertEnded(ended);
  assert.deepEqual(ended.lines, ["0: login 0", "1: login 0", "1: logout 0"]);
  await gateway.waitForSessions("alice", 0);
}));

test("a log that another runtime has closed is not waited for again and again", withGateway(async (gateway) => {
  const ended = await runInHost("logs", environment(gateway));
  assertEnded(ended);
  assert.deepEqual(ended.lines, ["heard", "quiet", "heard again"]);
}));

test("clients that were closed are collected", withGateway(async (gateway) => {
  const ended = await runInHost("garbage", environment(gateway), [String(CLIENTS)]);
  assertEnded(ended);
  const [left, all, kilobytes] = ended.lines[0]!.match(/-?\d+/g)!.map(Number) as [number, number, number];
  // A few may still lie on the stack, which the collector reads as it finds it.
  assert.ok(left <= all / 10, ended.lines[0]);
  assert.ok(kilobytes < 60 + CLIENTS * 0.1, ended.lines[0]);
}));
