/** Listeners that throw: a warning, and nobody else is hurt (C19). */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  configure,
  ListenerWarning,
  LogLevelEnum,
  setLogListener,
  TencentImSDKPlugin,
  type V2TimSDKListener,
} from "tessera-im";
import { Recorder, withGateway } from "tessera-im/testkit";
import { runProgram } from "./support";

const manager = TencentImSDKPlugin.v2TIMManager;

/** Gathers the warnings of this library while something runs. */
async function warningsOf(run: () => Promise<void>): Promise<ListenerWarning[]> {
  const warnings: ListenerWarning[] = [];
  const take = (warning: Error) => warning instanceof ListenerWarning && warnings.push(warning);
  process.on("warning", take);
  // Those that are part of a test are not printed.
  const printers = process.listeners("warning").filter((listener) => listener !== take);
  printers.forEach((printer) => process.off("warning", printer));
  try {
    await run();
    await new Promise((resolve) => setTimeout(resolve, 10));
  } finally {
    process.off("warning", take);
    printers.forEach((printer) => process.on("warning", printer));
  }
  return warnings;
}

const THROWN: [string, unknown][] = [
  ["an error", new Error("mine")],
  ["nothing", undefined],
  ["null", null],
  ["a text", "a text"],
  ["something without a text", Object.create(null)],
  ["an error whose message is a symbol", Object.assign(new Error(), { message: Symbol("mine") })],
  ["an error whose message has no text", Object.assign(new Error(), { message: Object.create(null) })],
  ["an object whose message throws", Object.defineProperty(new Error(), "message", { get: () => assert.fail() })],
];

for (const [what, cause] of THROWN) {
  test(`a listener that throws ${what} becomes a warning`, withGateway(async (gateway) => {
    const heard = new Recorder();
    const thrower: V2TimSDKListener = {
      onConnecting: () => {
        throw cause;
      },
      onConnectSuccess: () => Promise.reject(cause) as unknown as void,
      onKickedOfflineEx: () => {
        throw cause;
      },
    };
    const warnings = await warningsOf(async () => {
      configure(await gateway.settings("phone"));
      await manager.initSDK(gateway.sdkAppID, LogLevelEnum.V2TIM_LOG_NONE, thrower);
      manager.addIMSDKListener(heard);
      assert.equal((await manager.login("alice", gateway.sign("alice"))).code, 0);
      await gateway.kick("alice");
      await heard.next("kickedOffline");
    });
    assert.equal(warnings.length, 3);
    assert.ok(warnings.every((warning) => Object.is(warning.cause, cause)));
    assert.deepEqual(heard.events.map(({ type }) => type), ["connecting", "connectSuccess", "kickedOffline"]);
  }));
}

test("a ticket provider that fails becomes a warning, and the session lives on", withGateway(async (gateway) => {
  // C15
  const failing: (() => never | Promise<string>)[] = [
    () => {
      throw new Error("no ticket");
    },
    () => Promise.reject(new Error("no ticket")),
  ];
  for (const provider of failing) {
    const warnings = await warningsOf(async () => {
      const client = await gateway.client("phone", {
        ticketRenewPercent: 10,
        ticketRenewJitterPercent: 0,
        ticketProvider: provider,
      });
      const warned = new Promise((resolve) => process.once("warning", resolve));
      await client.login("alice", gateway.sign("alice", { expireSeconds: 3600 }));
      // Past a tenth of the ticket's life.
      await gateway.moveClock(400_000);
      await warned;
      assert.equal(client.loginUser, "alice");
      client.close();
    });
    assert.match(warnings.map(String).join(), /ticket provider failed: no ticket/);
  }
}));

test("a package that was loaded in a realm of its own survives a listener that throws", withGateway(async (gateway) => {
  // As test runners do, whose errors Node takes for none.
  const ended = await runProgram("realm", [gateway.url, gateway.sign("alice")]);
  assert.deepEqual([ended.code, ended.signal], [0, null], ended.stderr);
  assert.deepEqual(ended.stdout.trim().split("\n"), [
    'ListenerWarning: a listener of "connecting" failed: Error: mine',
    'ListenerWarning: a listener of "connectSuccess" failed: Error: mine',
    "logged out",
  ]);
}));

test("the log goes to its listener, without tickets, and one that throws becomes a warning", withGateway(async (gateway) => {
  const lines: [LogLevelEnum, string][] = [];
  const userSig = gateway.sign("alice");
  const warnings = await warningsOf(async () => {
    const hasLine = new Promise<void>((resolve) => {
      setLogListener((level, text) => {
        lines.push([level, text]);
        resolve();
        throw new Error("the log is full");
      });
    });
    const client = await gateway.client("phone", { logLevel: "debug" });
    await client.login("alice", userSig);
    (await gateway.network("phone")).cut();
    await hasLine;
  });
  setLogListener(null);
  assert.ok(lines.every(([level, text]) => level in LogLevelEnum && !text.includes(userSig)));
  assert.match(warnings.map(String).join(), /log listener failed: the log is full/);
}));
