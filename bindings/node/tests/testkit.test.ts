/** The test kit itself: what it refuses, and what its helpers hear. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "tessera-im";
import { Recorder, TestKitError, TimeoutError, withGateway } from "tessera-im/testkit";

test("numbers that mean nothing are refused with a TestKitError", withGateway(async (gateway) => {
  const network = await gateway.network("phone");
  const wrong: (() => unknown)[] = [
    () => gateway.moveClock(0.5),
    () => gateway.moveClock(Number.NaN),
    () => gateway.drain(-1),
    () => gateway.waitForLogins(-1),
    () => gateway.waitForSessions("alice", 0.5),
    () => gateway.waitForSessions("alice", 0, { timeoutMs: Number.NaN }),
    () => gateway.sign("alice", { expireSeconds: 1.5 }),
    () => gateway.sign("alice", { time: new Date(Number.NaN) }),
    () => gateway.sign("alice", { time: new Date(-1) }),
    () => network.delay(0.5),
    () => network.delay(-1),
  ];
  for (const call of wrong) {
    await assert.rejects(async () => call(), (error) => error instanceof TestKitError, String(call));
  }
}));

test("a recorder hears that the connection has dropped", withGateway(async (gateway) => {
  const client = await gateway.client("phone");
  await client.login("alice", gateway.sign("alice"));
  const heard = Recorder.on(client);
  (await gateway.network("phone")).cut();
  const { code, desc } = await heard.next("disconnected");
  assert.ok(code !== 0 && desc !== "");
}));

test("a name is a device: the same one is the same, and another one another", withGateway(async (gateway) => {
  const long = "a name that goes on for more than sixteen bytes: ";
  const ids = new Set<string>();
  for (const name of ["phone", "phone", "", "\0", long, `${long}1`, `${long}2`]) {
    const { deviceId } = await gateway.settings(name);
    assert.match(deviceId!, /^[0-9a-f]{32}$/);
    ids.add(deviceId!);
  }
  assert.equal(ids.size, 6);
  const again = await Promise.all(["phone", "phone"].map((name) => gateway.client(name)));
  for (const client of again) {
    await client.login("alice", gateway.sign("alice"));
  }
  assert.equal((await gateway.sessions("alice")).length, 1);
  assert.ok(again.every((client) => client instanceof Client));
}));

test("nobody gets a network of a gateway that is stopped", withGateway(async (gateway) => {
  await gateway.settings("phone");
  await gateway.stop();
  await assert.rejects(gateway.client("phone"), TestKitError);
}));

test("a program of its own gets its settings by its environment", withGateway(async (gateway) => {
  const { serverUrl, deviceId } = await gateway.settings("phone");
  assert.deepEqual(await gateway.environment("phone"), {
    TESSERA_SERVER_URL: serverUrl,
    TESSERA_ALLOW_PLAIN: "true",
    TESSERA_DEVICE_ID: deviceId,
  });
}));

test("connections of a network can be waited for", withGateway({ policy: "single" }, async (gateway) => {
  const network = await gateway.network("phone");
  await assert.rejects(network.waitForConnections(1, { timeoutMs: 1 }), TimeoutError);
  await gateway.client("phone");
  await network.waitForConnections(1);
}));
