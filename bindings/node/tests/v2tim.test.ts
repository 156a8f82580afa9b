/** V2TIM's manager: the shapes, numbers and promises of its React Native documentation. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ConnectionStatus,
  configure,
  ErrorCode,
  LogLevelEnum,
  SDK_VERSION,
  setLogListener,
  TencentImSDKPlugin,
  V2TIM_STATUS_LOGINED,
  V2TIM_STATUS_LOGINING,
  V2TIM_STATUS_LOGOUT,
  type V2TimSDKListener,
} from "tessera-im";
import { type Gateway, Recorder, withGateway } from "tessera-im/testkit";

const manager = TencentImSDKPlugin.v2TIMManager;

async function init(gateway: Gateway, listener?: V2TimSDKListener): Promise<void> {
  configure(await gateway.settings("phone"));
  const result = await manager.initSDK(gateway.sdkAppID, LogLevelEnum.V2TIM_LOG_INFO, listener);
  assert.deepEqual(result, { code: 0, desc: "ok", data: true });
}

test("the numbers of the status are 0, 1 and 2", () => {
  // C2
  assert.deepEqual([V2TIM_STATUS_LOGINED, V2TIM_STATUS_LOGINING, V2TIM_STATUS_LOGOUT], [0, 1, 2]);
});

test("each call resolves to code, desc and data", withGateway(async (gateway) => {
  await init(gateway);
  assert.deepEqual(await manager.getVersion(), { code: 0, desc: "ok", data: SDK_VERSION });
  assert.deepEqual(await manager.getLoginUser(), { code: 0, desc: "ok", data: "" });
  assert.deepEqual(await manager.getLoginStatus(), { code: 0, desc: "ok", data: 2 });
  const login = manager.login("alice", gateway.sign("alice"));
  // C1: the call has moved the status before it returned.
  assert.equal(manager.status, V2TIM_STATUS_LOGINING);
  assert.deepEqual(await login, { code: 0, desc: "ok" });
  assert.deepEqual(await manager.getLoginUser(), { code: 0, desc: "ok", data: "alice" });
  assert.deepEqual(await manager.getLoginStatus(), { code: 0, desc: "ok", data: 0 });
  assert.equal(manager.connectionStatus, ConnectionStatus.Connected);
  const time = await manager.getServerTime();
  assert.ok(Math.abs((time.data ?? 0) - Date.now() / 1000) < 60, JSON.stringify(time));
  assert.deepEqual(await manager.logout(), { code: 0, desc: "ok" });
  assert.deepEqual(await manager.unInitSDK(), { code: 0, desc: "ok" });
}));

test("a setting of undefined is none, and leaves initSDK's log level its effect", withGateway(async (gateway) => {
  configure({ logLevel: undefined });
  const hasLine = new Promise<LogLevelEnum>((resolve) => setLogListener((level) => resolve(level)));
  configure(await gateway.settings("phone"));
  // Nothing above debug is said by a login that succeeds.
  await manager.initSDK(gateway.sdkAppID, LogLevelEnum.V2TIM_LOG_DEBUG);
  assert.equal((await manager.login("alice", gateway.sign("alice"))).code, 0);
  assert.equal(await hasLine, LogLevelEnum.V2TIM_LOG_DEBUG);
  setLogListener(null);
}));

test("what a test has configured is taken back after it", async () => {
  const logLevel = "none";
  await withGateway(async (gateway) => {
    configure({ ...(await gateway.settings("phone")), logLevel });
    assert.equal((await manager.initSDK(gateway.sdkAppID)).code, 0);
  })();
  const refused = await manager.initSDK(1400000001);
  assert.equal(refused.code, ErrorCode.ERR_INVALID_PARAMETERS);
  assert.match(refused.desc, /server/i);
});

test("before init, calls resolve to 6013 and getters to nothing", async () => {
  // C5
  const login = await manager.login("alice", "ticket");
  assert.equal(login.code, ErrorCode.ERR_SDK_NOT_INITIALIZED);
  assert.equal((await manager.logout()).code, ErrorCode.ERR_SDK_NOT_INITIALIZED);
  assert.deepEqual(await manager.getLoginStatus(), { code: 0, desc: "ok", data: 2 });
  assert.deepEqual(await manager.getLoginUser(), { code: 0, desc: "ok", data: "" });
  assert.deepEqual(await manager.getServerTime(), { code: 0, desc: "ok", data: 0 });
  assert.equal((await manager.unInitSDK()).code, 0);
});

test("no call rejects or throws, whatever it is given", withGateway(async (gateway) => {
  // C4
  await init(gateway);
  const textless: unknown = Object.create(null);
  const anything: unknown[] = [undefined, null, 42, {}, [], "", "a b", "\ud800", "x".repeat(33), Symbol.iterator, textless];
  for (const value of anything) {
    for (const pair of [[value, "ticket"], ["alice", value]] as [string, string][]) {
      const { code, desc, error } = await manager.login(...pair);
      assert.notEqual(code, 0);
      assert.ok(desc.length > 0 && error?.code === code);
    }
    const again = await manager.initSDK(value as number);
    assert.equal(again.data, false);
    assert.equal((await manager.initSDK(gateway.sdkAppID, value as LogLevelEnum)).data, true);
  }
  await manager.unInitSDK();
  configure({ deviceId: textless as string });
  assert.equal((await manager.initSDK(gateway.sdkAppID)).data, false);
  configure(await gateway.settings("phone"));
  assert.equal((await manager.initSDK(gateway.sdkAppID)).data, true);
  assert.equal((await manager.login(7 as unknown as string, gateway.sign("7"))).code, 0);
}));

test("init with the same app succeeds again and adds the listener; another app is refused with 90101", withGateway(
  async (gateway) => {
    // C9
    await init(gateway);
    const heard = new Recorder();
    await init(gateway, heard);
    const other = await manager.initSDK(gateway.sdkAppID + 1);
    assert.deepEqual([other.code, other.data], [ErrorCode.ERR_SDK_HAD_INITIALIZED, false]);
    assert.equal(manager.lastError?.code, ErrorCode.ERR_SDK_HAD_INITIALIZED);
    await manager.login("alice", gateway.sign("alice"));
    await gateway.kick("alice");
    await heard.next("kickedOffline");
  },
));

test("init tells what is wrong with a setting", async () => {
  // C23
  configure({ serverUrl: "ws://127.0.0.1:1", allowPlain: true, loginTimeoutMs: 1 });
  const result = await manager.initSDK(1400000001);
  configure({ loginTimeoutMs: undefined });
  assert.deepEqual([result.code, result.data], [ErrorCode.ERR_INVALID_PARAMETERS, false]);
  assert.match(result.desc, /loginTimeoutMs.*100 to 600000/);
  assert.equal(manager.lastError?.code, ErrorCode.ERR_INVALID_PARAMETERS);
});

test("settings come from the environment when no code gives them", withGateway(async (gateway) => {
  // C23
  const { serverUrl } = await gateway.settings("phone");
  configure({ serverUrl: undefined, allowPlain: undefined });
  process.env["TESSERA_SERVER_URL"] = serverUrl;
  process.env["TESSERA_ALLOW_PLAIN"] = "true";
  try {
    assert.equal((await manager.initSDK(gateway.sdkAppID)).code, 0);
    assert.equal((await manager.login("alice", gateway.sign("alice"))).code, 0);
  } finally {
    delete process.env["TESSERA_SERVER_URL"];
    delete process.env["TESSERA_ALLOW_PLAIN"];
  }
}));

test("unInit completes calls that wait with 7009, and forgets listeners", withGateway(async (gateway) => {
  // C9
  const heard = new Recorder();
  await init(gateway, heard);
  await heard.next("connectSuccess");
  (await gateway.network("phone")).stall();
  const order: string[] = [];
  const login = manager.login("alice", gateway.sign("alice")).then(({ code }) => order.push(`login ${code}`));
  const unInit = manager.unInitSDK().then(({ code }) => order.push(`unInit ${code}`));
  assert.equal(manager.status, V2TIM_STATUS_LOGOUT);
  await Promise.all([login, unInit]);
  assert.deepEqual(order, ["login 7009", "unInit 0"]);
  (await gateway.network("phone")).restore();
  const before = heard.events.length;
  await init(gateway);
  await manager.login("alice", gateway.sign("alice"));
  assert.equal(heard.events.length, before);
}));

test("a listener of a new init does not hear the event under way", withGateway(async (gateway) => {
  // C9, C19
  const told: string[] = [];
  const second: V2TimSDKListener = { onKickedOffline: () => told.push("second") };
  const isDone = new Promise<void>((resolve) => {
    const onKickedOffline = () => {
      told.push("first");
      void manager.unInitSDK();
      void manager.initSDK(gateway.sdkAppID, LogLevelEnum.V2TIM_LOG_NONE, second);
      resolve();
    };
    manager.addIMSDKListener({ onKickedOffline });
  });
  await init(gateway, second);
  await manager.login("alice", gateway.sign("alice"));
  await gateway.kick("alice");
  await isDone;
  assert.equal((await manager.login("bob", gateway.sign("bob"))).code, 0);
  assert.deepEqual(told, ["first"]);
  // What comes under the new init it hears.
  const heard = new Recorder();
  manager.addIMSDKListener(heard);
  await gateway.kick("bob");
  await heard.next("kickedOffline");
  assert.deepEqual(told, ["first", "second"]);
}));

test("a kick is one call for each listener: with its reason if that is wanted", withGateway(async (gateway) => {
  // C12, C19: were it two, the second would come to a listener that has removed itself in the first.
  const told: string[] = [];
  const onKickedOffline = () => told.push(`kicked, status ${manager.status}, user "${manager.loginUser}"`);
  const first: V2TimSDKListener = { onKickedOffline };
  await init(gateway, first);
  manager.addIMSDKListener(first);
  const last = new Recorder();
  manager.addIMSDKListener({ onKickedOffline, onKickedOfflineEx: ({ reason }) => told.push(reason) });
  manager.addIMSDKListener(last);
  await manager.login("alice", gateway.sign("alice"));
  await gateway.kick("alice");
  await last.next("kickedOffline");
  assert.deepEqual(told, ['kicked, status 2, user ""', "admin"]);
}));

test("a result is seen before what came after it", withGateway(async (gateway) => {
  // C18: both events are taken in one batch, because this thread does not look for them in between.
  const order: string[] = [];
  const heard = new Recorder();
  await init(gateway, { onKickedOffline: () => order.push("kicked") });
  manager.addIMSDKListener(heard);
  await heard.next("connectSuccess");
  const login = manager.login("alice", gateway.sign("alice"));
  const seen = (async () => {
    await (async () => login)();
    order.push("logged in");
  })();
  // So slow that the result is still under way when the gateway kicks.
  (await gateway.network("phone")).delay(300);
  await gateway.waitForSessions("alice", 1);
  await gateway.kick("alice");
  const until = Date.now() + 600;
  while (Date.now() < until) {
    // The loop stands still: what the gateway says has to wait.
  }
  await heard.next("kickedOffline");
  await seen;
  assert.deepEqual(order, ["logged in", "kicked"]);
}));

test("a ticket provider renews the ticket without an event", withGateway(async (gateway) => {
  // C15
  const heard = new Recorder();
  configure({ ticketRenewPercent: 10, ticketRenewJitterPercent: 0, ticketRequestIntervalMs: 10 });
  await init(gateway, heard);
  const asked: string[] = [];
  const wasAsked = new Promise<void>((resolve) => {
    manager.setTicketProvider(async (user) => {
      asked.push(user);
      resolve();
      return gateway.sign(user, { expireSeconds: 86_400 });
    });
  });
  await manager.login("alice", gateway.sign("alice", { expireSeconds: 3600 }));
  const expires = async () => (await gateway.sessions("alice"))[0]!.expires.getTime();
  const first = await expires();
  // Past a tenth of the ticket's life.
  await gateway.moveClock(400_000);
  await wasAsked;
  while ((await expires()) === first) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  configure({ ticketRenewPercent: undefined, ticketRenewJitterPercent: undefined, ticketRequestIntervalMs: undefined });
  assert.deepEqual(asked, ["alice"]);
  assert.ok(heard.events.every(({ type }) => type === "connecting" || type === "connectSuccess"));
}));
