// The login pitfalls that V2TIM's documents describe, each as a test that needs no account, no network and no waiting.
// Copy what you need: the gateway is inside the test process.

import assert from "node:assert/strict";
import { test } from "node:test";
import { configure, LogLevelEnum, TencentImSDKPlugin, V2TIM_STATUS_LOGINED, V2TIM_STATUS_LOGOUT } from "tessera-im";
import { type Gateway, Recorder, withGateway } from "tessera-im/testkit";

const manager = TencentImSDKPlugin.v2TIMManager;

/** What an app does when it starts: V2TIM's calls, on the network named "phone". */
async function start(gateway: Gateway): Promise<Recorder> {
  const heard = new Recorder();
  const impatient = { reconnectDelayMinMs: 10, reconnectDelayMaxMs: 50 };
  configure({ ...(await gateway.settings("phone")), platform: "android", ...impatient });
  const res = await manager.initSDK(gateway.sdkAppID, LogLevelEnum.V2TIM_LOG_INFO, heard);
  assert.equal(res.code, 0, res.desc);
  return heard;
}

async function loginStatus(): Promise<number | undefined> {
  return (await manager.getLoginStatus()).data;
}

async function loginUser(): Promise<string | undefined> {
  return (await manager.getLoginUser()).data;
}

test("the first login signs the user up", withGateway(async (gateway) => {
  await start(gateway);
  const res = await manager.login("alice", gateway.sign("alice"));
  assert.deepEqual(res, { code: 0, desc: "ok" });
  assert.equal(await loginStatus(), V2TIM_STATUS_LOGINED);
  assert.equal(await loginUser(), "alice");
}));

test("a ticket that has expired is refused with 6206 or 70001, and a new one helps", withGateway(async (gateway) => {
  await start(gateway);
  const userSig = gateway.sign("alice", { expireSeconds: 60 });
  await gateway.moveClock(61_000);
  const res = await manager.login("alice", userSig);
  assert.ok(res.code === 6206 || res.code === 70001, `${res.code}: ${res.desc}`);
  assert.equal(await loginUser(), "");
  assert.equal((await manager.login("alice", gateway.sign("alice"))).code, 0);
}));

test("a ticket that expires while the user is online raises onUserSigExpired", withGateway(async (gateway) => {
  const heard = await start(gateway);
  await manager.login("alice", gateway.sign("alice", { expireSeconds: 60 }));
  await gateway.moveClock(61_000);
  await heard.next("userSigExpired");
  assert.equal(await loginStatus(), V2TIM_STATUS_LOGOUT);
  assert.equal((await manager.login("alice", gateway.sign("alice"))).code, 0);
}));

test("a login on a second phone kicks the first", withGateway(async (gateway) => {
  const heard = await start(gateway);
  await manager.login("alice", gateway.sign("alice"));
  const other = await gateway.client("other phone", { platform: "android" });
  await other.login("alice", gateway.sign("alice"));
  const { kick } = await heard.next("kickedOffline");
  assert.deepEqual([kick.reason, kick.platform], ["policy", "android"]);
  assert.equal(await loginUser(), "");
}));

test("an operator's kick revokes the ticket; one that is signed later logs in", withGateway(async (gateway) => {
  const heard = await start(gateway);
  const userSig = gateway.sign("alice");
  await manager.login("alice", userSig);
  const signAfter = await gateway.kick("alice");
  await heard.next("kickedOffline");
  const refused = await manager.login("alice", userSig);
  assert.equal(refused.code, 70052);
  assert.equal(refused.error?.needsNewTicket, true);
  assert.equal((await manager.login("alice", gateway.sign("alice", { time: signAfter }))).code, 0);
}));

test("kicked while offline: the app sees nothing but a reconnect, and kicks back", withGateway(async (gateway) => {
  const heard = await start(gateway);
  const network = await gateway.network("phone");
  await manager.login("alice", gateway.sign("alice"));
  network.down();
  await gateway.waitForConnected("alice", 0);
  const other = await gateway.client("other phone", { platform: "android" });
  const otherHeard = Recorder.on(other);
  await other.login("alice", gateway.sign("alice"));
  network.restore();
  await otherHeard.next("kickedOffline");
  await heard.next("connectSuccess");
  assert.equal(await loginUser(), "alice");
}));

test("kicked while offline, with 6208 switched on", withGateway({ offlineKickError: true }, async (gateway) => {
  const heard = await start(gateway);
  const network = await gateway.network("phone");
  await manager.login("alice", gateway.sign("alice"));
  network.down();
  await gateway.waitForConnected("alice", 0);
  const other = await gateway.client("other phone", { platform: "android" });
  await other.login("alice", gateway.sign("alice"));
  // The app is started again while it has no network, so it learns of the kick at its next login.
  await manager.unInitSDK();
  network.restore();
  await start(gateway);
  assert.equal((await manager.login("alice", gateway.sign("alice"))).code, 6208);
  assert.equal((await manager.login("alice", gateway.sign("alice"))).code, 0);
  assert.ok(heard.events.every((event) => event.type !== "kickedOffline"));
}));

test("a lost network ends no session, and needs no login", withGateway(async (gateway) => {
  const heard = await start(gateway);
  await manager.login("alice", gateway.sign("alice"));
  const network = await gateway.network("phone");
  await heard.next("connectSuccess");
  network.down();
  await heard.next("connectFailed");
  assert.equal(await loginStatus(), V2TIM_STATUS_LOGINED);
  network.restore();
  await heard.next("connectSuccess");
  await gateway.waitForConnected("alice", 1);
  assert.equal(await gateway.logins(), 1);
}));

test("an account switch is one login, and kicks nobody", withGateway(async (gateway) => {
  const heard = await start(gateway);
  await manager.login("alice", gateway.sign("alice"));
  assert.equal((await manager.login("bob", gateway.sign("bob"))).code, 0);
  assert.equal(await loginUser(), "bob");
  await gateway.waitForSessions("alice", 0);
  assert.ok(heard.events.every((event) => event.type !== "kickedOffline"));
}));

test("without a network a login fails at its deadline, with a code", withGateway(async (gateway) => {
  configure({ loginTimeoutMs: 300, connectAtInit: false });
  const network = await gateway.network("phone");
  network.down();
  await start(gateway);
  const res = await manager.login("alice", gateway.sign("alice"));
  assert.equal(res.code, 9523);
  assert.equal(res.error?.retryable, true);
  configure({ loginTimeoutMs: undefined, connectAtInit: undefined });
}));

test("a logout ends the session at the gateway, and a second one succeeds too", withGateway(async (gateway) => {
  await start(gateway);
  await manager.login("alice", gateway.sign("alice"));
  assert.equal((await manager.logout()).code, 0);
  assert.equal(await loginStatus(), V2TIM_STATUS_LOGOUT);
  await gateway.waitForSessions("alice", 0);
  assert.equal((await manager.logout()).code, 0);
}));
