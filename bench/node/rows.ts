/**
 * Node's rows of the bench table (docs/benchmarks.md): prints one as a line of JSON each.
 *
 * `rows.js --anchors FILE --sizes CLIENT_ONLY,SHIPPED --vendor NODE_MODULES [--library LIBTESSERA --koffi NODE_MODULES]`
 */

import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type Client, configure, LogLevelEnum, sign, TencentImSDKPlugin } from "tessera-im";
import { Gateway } from "tessera-im/testkit";

const { values: given } = parseArgs({
  options: {
    anchors: { type: "string" },
    sizes: { type: "string" },
    vendor: { type: "string" },
    koffi: { type: "string" },
    library: { type: "string" },
  },
});

interface Anchor {
  what: string;
  measured: number;
}

interface Bare {
  status(): number;
  user(): string;
}

interface Anchors {
  Bare: new (user: string) => Bare;
  Bell: new (onEvent: (n: number) => void) => { ring(): void };
  status(): number;
  pushEvents(count: number, onEvent: (n: number) => void): void;
}

const anchors = require(given.anchors!) as Anchors;
const manager = TencentImSDKPlugin.v2TIMManager;
const ROUNDS = 9;
const EVENTS = 1_000;
const EVENT_ROUNDS = 25;

function print(name: string, measured: number, unit: string, beside: (Anchor | undefined)[], budget?: number): void {
  const row = { name, measured, unit, anchors: beside.filter((anchor) => anchor !== undefined) };
  console.log(JSON.stringify(budget === undefined ? row : { ...row, budget }));
}

function median(numbers: number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}

/** Nanoseconds of one run of a loop's body, of which the loop itself is not taken off. */
function time(loop: (count: number) => unknown, count: number): number {
  const start = process.hrtime.bigint();
  loop(count);
  return Number(process.hrtime.bigint() - start) / count;
}

/** Medians over rounds, in which everything has its turn. */
function timeAll(loops: [string, (count: number) => unknown, number][]): Anchor[] {
  loops.forEach(([, loop, count]) => loop(count));
  const times = loops.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    loops.forEach(([, loop, count], at) => times[at]!.push(time(loop, count)));
  }
  return loops.map(([what], at) => ({ what, measured: median(times[at]!) }));
}

// ---- getters --------------------------------------------------------------------------------------------------------

/** The C API through `koffi`, if both are there. */
function koffiLoops(): [string, (count: number) => unknown, number][] {
  if (!given.koffi || !given.library) {
    return [];
  }
  const koffi = require(join(given.koffi, "koffi")) as {
    load(file: string): { func(prototype: string): (...args: unknown[]) => number };
  };
  const library = koffi.load(given.library);
  const getStatus = library.func("int TIMGetLoginStatus()");
  const getUser = library.func("int TIMGetLoginUserID(_Out_ uint8_t *buffer)");
  const buffer = Buffer.alloc(128);
  return [
    ["koffi over libtessera", (count) => repeat(count, () => getStatus()), 100_000],
    ["koffi over libtessera, user", (count) => repeat(count, () => (getUser(buffer), buffer.toString("utf8", 0, 5))), 50_000],
  ];
}

function repeat(count: number, run: () => unknown): unknown {
  let last: unknown;
  for (let n = 0; n < count; n += 1) {
    last = run();
  }
  return last;
}

function getters(client: Client): void {
  const bare = new anchors.Bare("alice");
  const koffi = koffiLoops();
  const [status, user, method, free, methodUser, koffiStatus, koffiUser] = timeAll([
    ["client.status", (count) => repeat(count, () => client.status), 5_000_000],
    ["client.loginUser", (count) => repeat(count, () => client.loginUser), 5_000_000],
    ["a napi class method", (count) => repeat(count, () => bare.status()), 500_000],
    ["a napi function", (count) => repeat(count, () => anchors.status()), 500_000],
    ["a napi class method that returns the user", (count) => repeat(count, () => bare.user()), 500_000],
    ...koffi,
  ]) as [Anchor, Anchor, Anchor, Anchor, Anchor, Anchor?, Anchor?];
  const missing = koffi.length > 0 ? "" : " (koffi: libtessera is not there yet)";
  print(`status getter${missing}`, status.measured, "ns", [method, free, koffiStatus], 12);
  print(`user id getter${missing}`, user.measured, "ns", [methodUser, koffiUser], 120);
}

async function promises(): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = process.hrtime.bigint();
    for (let n = 0; n < 100_000; n += 1) {
      await manager.getLoginStatus();
    }
    times.push(Number(process.hrtime.bigint() - start) / 100_000);
  }
  print("getLoginStatus, V2TIM's promise", median(times), "ns", []);
}

// ---- events ---------------------------------------------------------------------------------------------------------

/** Has the core queue events while the loop stands still: each hint tries a port that refuses connections. */
function queueEvents(): void {
  for (let n = 0; n < EVENTS; n += 1) {
    manager.notifyNetworkAvailable();
    const pause = process.hrtime.bigint() + 150_000n;
    while (process.hrtime.bigint() < pause) {
      // It fails meanwhile, on another thread.
    }
  }
}

async function events(): Promise<void> {
  const gateway = await Gateway.start();
  const { url, sdkAppID } = gateway;
  await gateway.stop();
  let heard = 0;
  configure({
    serverUrl: url,
    allowPlain: true,
    deviceId: "0123456789abcdef0123456789abcdef",
    hintIntervalMs: 0,
    eventsWaitingMax: 65536,
    reconnectDelayMinMs: 60_000,
    reconnectDelayMaxMs: 600_000,
  });
  await manager.initSDK(sdkAppID, LogLevelEnum.V2TIM_LOG_NONE, {
    onConnectFailed: () => (heard += 1),
  });
  const perEvent: number[] = [];
  const perPushed: number[] = [];
  for (let round = 0; round < EVENT_ROUNDS; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    heard = 0;
    queueEvents();
    const start = process.hrtime.bigint();
    // Done at once, because nobody is logged in: its result waits behind everything else.
    await manager.logout();
    perEvent.push(Number(process.hrtime.bigint() - start) / heard);
    perPushed.push(await pushed());
  }
  const anchor = { what: "a thread-safe function, called for each", measured: median(perPushed) / 1000 };
  print("event, amortised over a batch", median(perEvent) / 1000, "µs", [anchor], 0.4);
  await latency();
  await manager.unInitSDK();
}

/** Nanoseconds of an event that is pushed one by one. */
function pushed(): Promise<number> {
  return new Promise((resolve) => {
    let heard = 0;
    const start = process.hrtime.bigint();
    anchors.pushEvents(EVENTS, () => {
      heard += 1;
      if (heard === EVENTS) {
        resolve(Number(process.hrtime.bigint() - start) / EVENTS);
      }
    });
  });
}

/** From a call that the core has done at once to its result, one at a time, on a loop that does nothing else. */
async function latency(): Promise<void> {
  let onRing = () => {};
  const bell = new anchors.Bell(() => onRing());
  const ours: number[] = [];
  const bare: number[] = [];
  const once = async (cause: () => Promise<unknown>) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const start = process.hrtime.bigint();
    await cause();
    return Number(process.hrtime.bigint() - start);
  };
  const rung = () => {
    const heard = new Promise<void>((resolve) => (onRing = resolve));
    bell.ring();
    return heard;
  };
  for (let n = 0; n < 500; n += 1) {
    ours.push(await once(() => manager.logout()));
    bare.push(await once(rung));
  }
  const anchor = { what: "a bare thread-safe function", measured: median(bare) / 1000 };
  print("latency of a single event, p50", median(ours) / 1000, "µs", [anchor], 50);
}

// ---- tickets, start, size -------------------------------------------------------------------------------------------

function signing(): void {
  const [sdkAppID, secretKey] = [1400000001, "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"];
  const { Api } = require(join(given.vendor!, "tls-sig-api-v2")) as {
    Api: new (app: number, key: string) => { genUserSig(user: string, expire: number): string };
  };
  const api = new Api(sdkAppID, secretKey);
  const [ours, vendor] = timeAll([
    ["sign", (count) => repeat(count, () => sign({ sdkAppID, secretKey, userID: "alice", expireSeconds: 600 })), 20_000],
    ["npm tls-sig-api-v2", (count) => repeat(count, () => api.genUserSig("alice", 600)), 5_000],
  ]) as [Anchor, Anchor];
  const inMicroseconds = { ...vendor, measured: vendor.measured / 1000 };
  print("sign", ours.measured / 1000, "µs", [inMicroseconds], inMicroseconds.measured / 2);
}

function imports(): void {
  const took = (statement: string) => {
    const program = `const start = process.hrtime.bigint(); ${statement}; console.log(Number(process.hrtime.bigint() - start))`;
    const runs = Array.from({ length: 15 }, () => {
      const { stdout } = spawnSync(process.execPath, ["-e", program], { cwd: __dirname, encoding: "utf8" });
      return Number(stdout) / 1e6;
    });
    return median(runs);
  };
  // By its folder, as the vendor's: how long looking for a name takes depends on where one looks from.
  const required = (folder: string) => took(`require(${JSON.stringify(folder)})`);
  const ours = dirname(require.resolve("tessera-im/package.json"));
  const vendor = { what: "npm tls-sig-api-v2", measured: required(join(given.vendor!, "tls-sig-api-v2")) };
  print("require", required(ours), "ms", [vendor], 5);
  print("require, with the test kit", required(join(ours, "lib/node/ts/testkit")), "ms", []);
}

function sizes(): void {
  const megabytes = (file: string) => statSync(file).size / 1e6;
  const [clientOnly, shipped] = given.sizes!.split(",") as [string, string];
  print("native module, the client alone", megabytes(clientOnly), "MB", [], 2.5);
  print("native module, as shipped", megabytes(shipped), "MB", [], 6);
}

async function main(): Promise<void> {
  const gateway = await Gateway.start();
  const client = await gateway.client("bench");
  await client.login("alice", gateway.sign("alice"));
  getters(client);
  await promises();
  await gateway.stop();
  await events();
  signing();
  imports();
  sizes();
}

void main().then(() => process.exit());
