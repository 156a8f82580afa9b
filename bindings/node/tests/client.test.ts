/** The client for new code: typed errors, signals, events, many per process. */

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import {
  ArgumentError,
  Client,
  type ClientEvent,
  type ClientOptions,
  ConnectionStatus,
  ErrorCode,
  LoginStatus,
  NetworkError,
  StateError,
  TesseraError,
  TicketError,
} from "tessera-im";
import { Recorder, withGateway } from "tessera-im/testkit";

function codeIs(code: number, kind: new (...args: never[]) => TesseraError = TesseraError) {
  return (error: unknown) => error instanceof kind && error instanceof TesseraError && error.code === code;
}

test("status and user are there without a promise", withGateway(async (gateway) => {
  const client = await gateway.client("phone");
  assert.deepEqual([client.status, client.loginUser], [LoginStatus.LoggedOut, ""]);
  const login = client.login("alice", gateway.sign("alice"));
  assert.deepEqual([client.status, client.loginUser], [LoginStatus.LoggingIn, ""]);
  await login;
  assert.deepEqual([client.status, client.loginUser], [LoginStatus.LoggedIn, "alice"]);
  assert.equal(client.connectionStatus, ConnectionStatus.Connected);
  assert.ok(Math.abs(client.serverTime!.getTime() - Date.now()) < 60_000);
  const logout = client.logout();
  assert.equal(client.status, LoginStatus.LoggedOut);
  await logout;
}));

test("errors have a class, a code, and say what can help", withGateway(async (gateway) => {
  // C17
  assert.throws(() => new Client({ sdkAppID: 0 }), codeIs(ErrorCode.ERR_INVALID_PARAMETERS, ArgumentError));
  assert.throws(() => new Client({ sdkAppID: 1 }), codeIs(ErrorCode.ERR_INVALID_PARAMETERS, ArgumentError));
  const client = await gateway.client("phone", { connectAtInit: false });
  await assert.rejects(client.login("a b", "ticket"), codeIs(ErrorCode.ERR_SDK_COMM_INVALID_IDENTIFIER, ArgumentError));
  const cut = gateway.sign("alice").slice(0, -10);
  await assert.rejects(client.login("alice", cut), (error: TesseraError) => {
    return error instanceof TicketError && !error.needsNewTicket && !error.retryable && error.kind === "ticket";
  });
  const old = gateway.sign("alice", { expireSeconds: 1, time: new Date(gateway.now().getTime() - 5000) });
  await assert.rejects(client.login("alice", old), (error: TesseraError) => error.needsNewTicket);
  (await gateway.network("train")).down();
  const offline = await gateway.client("train", { connectAtInit: false, loginTimeoutMs: 200 });
  await assert.rejects(offline.login("alice", gateway.sign("alice")), (error: TesseraError) => {
    return error instanceof NetworkError && error.retryable && error.name === "NetworkError";
  });
}));

test("failures that are told together say the same as each alone", withGateway(async (gateway) => {
  const client = await gateway.client("phone", { connectAtInit: false });
  const refused = [["a b", "ticket"], ["a b", "ticket"], ["alice", ""], ["a b", "ticket"]] as const;
  const said = ([user, ticket]: readonly [string, string]) =>
    client.login(user, ticket).then(() => "nothing", (error: TesseraError) => error.message);
  const alone: string[] = [];
  for (const call of refused) {
    alone.push(await said(call));
  }
  assert.equal(new Set(alone).size, 2);
  assert.deepEqual(await Promise.all(refused.map(said)), alone);
}));

test("results that wait have a bound, also while others are delivered", withGateway(async (gateway) => {
  // C18
  const client = await gateway.client("phone", { connectAtInit: false, eventsWaitingMax: 16 });
  const results: Promise<number>[] = [];
  // Each result is delivered in a task of its own, so more calls come than results go, and never many at once.
  for (let task = 0; task < 100; task += 1) {
    for (let n = 0; n < 5; n += 1) {
      results.push(client.logout().then(() => 0, (error: TesseraError) => error.code));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const codes = new Set(await Promise.all(results));
  assert.deepEqual([...codes].sort(), [0, ErrorCode.ERR_SDK_COMM_API_CALL_FREQUENCY_LIMIT]);
  await client.logout();
}));

test("a signal that is none is refused before anything has begun", withGateway(async (gateway) => {
  const client = await gateway.client("phone");
  const signal = new AbortController() as unknown as AbortSignal;
  await assert.rejects(client.login("alice", gateway.sign("alice"), { signal }), TypeError);
  await assert.rejects(client.logout({ signal }), TypeError);
  assert.throws(() => client.events({ signal }), TypeError);
  assert.equal(client.status, LoginStatus.LoggedOut);
  await client.login("alice", gateway.sign("alice"), null as never);
}));

test("a close inside a listener is the last that any listener hears", withGateway(async (gateway) => {
  // C9
  const client = await gateway.client("phone");
  const heard: string[] = [];
  client.on("kickedOffline", () => {
    heard.push("first");
    client.close();
  });
  client.on("kickedOffline", () => heard.push("second"));
  await client.login("alice", gateway.sign("alice"));
  await gateway.kick("alice");
  while (heard.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(heard, ["first"]);
}));

test("listeners of what there is not are refused", withGateway(async (gateway) => {
  const client = await gateway.client("phone");
  assert.throws(() => client.on("kicked" as "kickedOffline", () => {}), TypeError);
  assert.throws(() => client.on("connecting", 3 as never), TypeError);
}));

test("the stack of an error names who awaits the call", withGateway(async (gateway) => {
  const client = await gateway.client("phone");
  const signIn = async () => {
    await client.login("a b", "ticket");
  };
  await assert.rejects(signIn, ({ stack }: Error) => stack!.includes("signIn"));
}));

test("what is wrong with settings is said with the names that they have here", () => {
  const said = (options: object) => {
    try {
      new Client(options as ClientOptions);
      return "nothing";
    } catch (error) {
      return (error as TesseraError).desc;
    }
  };
  assert.match(said({ sdkAppID: "1400000001" }), /SDKAppID .* not string/);
  assert.match(said({ sdkAppID: 1.5 }), /SDKAppID .* not 1.5/);
  assert.match(said({ sdkAppID: 0 }), /SDKAppID/);
  assert.match(said({ sdkAppID: 1 }), /`serverUrl`/);
  assert.match(said({ sdkAppID: 1, serverUrl: "wss://chat.example.com", loginTimeoutMs: -1 }), /loginTimeoutMs/);
});

test("a call after the end rejects, however long after it", withGateway(async (gateway) => {
  // C5
  const client = await gateway.client("phone");
  client.close();
  for (const call of [client.login("alice", "x"), client.logout()]) {
    await assert.rejects(call, codeIs(ErrorCode.ERR_SDK_NOT_INITIALIZED, StateError));
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
  for (const call of [client.login("alice", "x"), client.logout()]) {
    await assert.rejects(call, codeIs(ErrorCode.ERR_SDK_NOT_INITIALIZED, StateError));
  }
}));

test("a login that is aborted is cancelled, and rejects with the signal's reason", withGateway(async (gateway) => {
  const client = await gateway.client("phone");
  (await gateway.network("phone")).stall();
  const controller = new AbortController();
  const login = client.login("alice", gateway.sign("alice"), { signal: controller.signal });
  const joined = client.login("alice", gateway.sign("alice"));
  controller.abort(new Error("the user went back"));
  await assert.rejects(login, /the user went back/);
  await assert.rejects(joined, codeIs(ErrorCode.ERR_LOGGED_OUT_BEFORE_LOGIN_FINISHED));
  assert.equal(client.status, LoginStatus.LoggedOut);
  (await gateway.network("phone")).restore();
  await client.login("alice", gateway.sign("alice"), { signal: new AbortController().signal });
  await assert.rejects(client.login("bob", "x", { signal: AbortSignal.abort() }), { name: "AbortError" });
  // An aborted signal has called nothing, and an abort that comes too late changes nothing.
  controller.abort();
  assert.equal(client.loginUser, "alice");
}));

test("an abort of a login that a newer one has replaced leaves that one alone", withGateway(async (gateway) => {
  // C6
  const client = await gateway.client("phone");
  const network = await gateway.network("phone");
  network.stall();
  const controller = new AbortController();
  const older = client.login("alice", gateway.sign("alice"), { signal: controller.signal });
  const newer = client.login("bob", gateway.sign("bob"));
  controller.abort();
  await assert.rejects(older, codeIs(ErrorCode.ERR_LOGGED_OUT_BEFORE_LOGIN_FINISHED));
  network.restore();
  await newer;
  assert.equal(client.loginUser, "bob");
}));

test("an abort that comes after the result, but before its promise, changes nothing", withGateway(async (gateway) => {
  const client = await gateway.client("phone");
  const controller = new AbortController();
  const userSig = gateway.sign("alice");
  const first = client.login("alice", userSig).then(() => controller.abort());
  // It joins the first, and so has its result at the same time.
  await client.login("alice", userSig, { signal: controller.signal });
  await first;
  assert.equal(client.loginUser, "alice");
  // What was looked at early is delivered all the same, and in order.
  const heard = Recorder.on(client);
  await gateway.kick("alice");
  await heard.next("kickedOffline");
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
}));

test("an abort while a ticket is renewed leaves the session alone", withGateway(async (gateway) => {
  const client = await gateway.client("phone");
  await client.login("alice", gateway.sign("alice"));
  // Else the answer may be faster than the abort.
  (await gateway.network("phone")).stall();
  const controller = new AbortController();
  const renewal = client.login("alice", gateway.sign("alice", { expireSeconds: 60 }), { signal: controller.signal });
  controller.abort();
  await assert.rejects(renewal, { name: "AbortError" });
  assert.equal(client.loginUser, "alice");
}));

test("listeners are called in order, once each, and not after they were taken away", withGateway(async (gateway) => {
  // C19
  const client = await gateway.client("phone");
  const calls: string[] = [];
  const second = () => calls.push("second");
  const first = () => {
    calls.push("first");
    client.off("kickedOffline", second);
  };
  client.on("kickedOffline", first).on("kickedOffline", first).on("kickedOffline", second);
  client.on("kickedOffline", () => calls.push("third"));
  const heard = Recorder.on(client);
  await client.login("alice", gateway.sign("alice"));
  await gateway.kick("alice");
  await heard.next("kickedOffline");
  assert.deepEqual(calls, ["first", "third"]);
}));

test("a listener that is added again in a callback hears the next event, not the one under way", withGateway(
  async (gateway) => {
    // C19
    const client = await gateway.client("phone");
    const heard = new Recorder();
    const calls: string[] = [];
    const again = () => calls.push("again");
    const first = () => {
      calls.push("first");
      client.off("kickedOffline", first).off("kickedOffline", again).on("kickedOffline", again);
    };
    client.on("kickedOffline", first).on("kickedOffline", again).on("kickedOffline", heard.onKickedOfflineEx);
    await client.login("alice", gateway.sign("alice"));
    const time = await gateway.kick("alice");
    await heard.next("kickedOffline");
    assert.deepEqual(calls, ["first"]);
    await client.login("alice", gateway.sign("alice", { time }));
    await gateway.kick("alice");
    await heard.next("kickedOffline");
    assert.deepEqual(calls, ["first", "again"]);
  },
));

test("events can be iterated until the client is closed or a signal aborts", withGateway(async (gateway) => {
  const client = await gateway.client("phone");
  const types: ClientEvent["type"][] = [];
  const all = (async () => {
    for await (const event of client.events()) {
      types.push(event.type);
      if (event.type === "kickedOffline") {
        assert.equal(event.kick.reason, "admin");
        client.close();
      }
    }
  })();
  const controller = new AbortController();
  const listening = () => getEventListeners(controller.signal, "abort").length;
  await client.events({ signal: controller.signal }).return?.();
  assert.equal(listening(), 0, "a stream that has ended has let go of the signal");
  const some = client.events({ signal: controller.signal });
  assert.equal(listening(), 1);
  await client.login("alice", gateway.sign("alice"));
  controller.abort();
  await gateway.kick("alice");
  await all;
  assert.deepEqual(types, ["connecting", "connectSuccess", "kickedOffline"]);
  const taken: string[] = [];
  for await (const { type } of some) {
    taken.push(type);
  }
  assert.deepEqual(taken, ["connecting", "connectSuccess"]);
  assert.deepEqual(await client.events().next(), { value: undefined, done: true });
}));

test("a stream that nobody reads keeps what matters, and of connect events the newest", withGateway(async (gateway) => {
  // C18
  const client = await gateway.client("phone", { reconnectDelayMinMs: 10, reconnectDelayMaxMs: 10 });
  const stream = client.events();
  const heard = Recorder.on(client);
  await client.login("alice", gateway.sign("alice"));
  await gateway.kick("alice");
  await heard.next("kickedOffline");
  const first = [await stream.next(), await stream.next(), await stream.next()];
  assert.deepEqual(first.map(({ value }) => value?.type), ["connecting", "connectSuccess", "kickedOffline"]);
  const waiting = stream.next();
  await stream.return?.();
  assert.deepEqual(await waiting, { value: undefined, done: true });
}));

test("many clients live side by side, each with its own account and device", withGateway(async (gateway) => {
  // C20, C23
  const clients = await Promise.all(Array.from({ length: 50 }, (_, n) => gateway.client(`device ${n}`)));
  await Promise.all(clients.map((client, n) => client.login(`user-${n}`, gateway.sign(`user-${n}`))));
  assert.deepEqual(clients.map((client) => client.loginUser), clients.map((_, n) => `user-${n}`));
  const heard = Recorder.on(clients[7]!);
  await gateway.kick("user-7");
  await heard.next("kickedOffline");
  assert.equal(clients.filter((client) => client.status === LoginStatus.LoggedIn).length, 49);
  const devices = new Set<string>();
  for (const name of ["a", "b"]) {
    const { deviceId, ...settings } = await gateway.settings(name);
    const client = new Client({ sdkAppID: gateway.sdkAppID, ...settings });
    await client.login(name, gateway.sign(name));
    devices.add((await gateway.sessions(name))[0]!.deviceId).add(deviceId!);
    client.close();
  }
  assert.equal(devices.size, 4);
}));

test("closing ends everything, twice is once, and nothing comes afterwards", withGateway(async (gateway) => {
  // C9
  const client = await gateway.client("phone");
  await client.login("alice", gateway.sign("alice"));
  const heard = Recorder.on(client);
  const renewal = client.login("alice", gateway.sign("alice", { expireSeconds: 60 }));
  client.close();
  client.close();
  assert.deepEqual([client.status, client.loginUser], [LoginStatus.LoggedOut, ""]);
  await assert.rejects(renewal, codeIs(ErrorCode.ERR_SDK_COMM_INTERRUPT));
  await gateway.waitForSessions("alice", 0);
  assert.deepEqual(heard.events, []);
}));
