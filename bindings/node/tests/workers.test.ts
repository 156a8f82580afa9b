/** Workers, which may end at any time, with the module's threads alive (napi-rs #3443, #3404, nodejs/node #55706). */

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { configure, LogLevelEnum, setLogListener, TencentImSDKPlugin } from "tessera-im";
import { type Gateway, withGateway } from "tessera-im/testkit";
import { isFull, memory, runProgram } from "./support";

const WORKERS = isFull ? 10_000 : 300;
/** Workers before memory is looked at: what a process takes once is taken then. */
const WARM_UP = 100;
/** Among few, what the allocator keeps once weighs more. */
const BYTES_A_WORKER = isFull ? 16 * 1024 : 64 * 1024;
const SIDE_BY_SIDE = 4;
const LOG_TURNS = 1_000;
const WAYS = ["terminate", "exit", "throw", "close", "result"];

/** Where Linux lists what a process has: threads, and descriptors. */
const RESOURCES = ["/proc/self/task", "/proc/self/fd"];

function count(folder: string): number {
  return existsSync(folder) ? readdirSync(folder).length : 0;
}

/** Threads, descriptors, and resident memory. */
async function measure(): Promise<number[]> {
  return [...RESOURCES.map(count), (await memory()).rss];
}

/** The least of each in some looks: until all are below their bounds, or for a while. What has ended goes by and by. */
async function least(bounds: readonly number[]): Promise<number[]> {
  const deadline = performance.now() + 10_000;
  let lowest = await measure();
  while (lowest.some((number, at) => number >= bounds[at]!) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const measured = await measure();
    lowest = lowest.map((number, at) => Math.min(number, measured[at]!));
  }
  return lowest;
}

interface Told {
  way: string;
  code: number;
  messages: unknown[];
}

/** Starts a worker, has it end in a way, and waits for that. */
function runWorker(gateway: Gateway, way: string): Promise<Told> {
  const workerData = { url: gateway.url, ticket: gateway.sign("alice"), way };
  const worker = new Worker(join(__dirname, "programs", "worker.js"), { workerData, stderr: true });
  const messages: unknown[] = [];
  worker.on("message", (message) => {
    messages.push(message);
    if (message === "flying") {
      // At some moment between the call and its result.
      setTimeout(() => void worker.terminate(), Math.random() * 8);
    }
  });
  worker.on("error", (error) => assert.match(error.message, /nobody catches this/));
  return new Promise((resolve) => worker.on("exit", (code) => resolve({ way, code, messages })));
}

async function runWorkers(gateway: Gateway, count: number): Promise<void> {
  let begun = 0;
  const lane = async () => {
    while (begun < count) {
      const way = WAYS[begun++ % WAYS.length]!;
      const { code, messages } = await runWorker(gateway, way);
      assert.equal(code, way === "terminate" || way === "throw" ? 1 : 0, way);
      if (way === "result") {
        assert.deepEqual(messages, [0]);
      }
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
}

test(`${WORKERS} workers start and end with logins in flight: no crash, no leak`, withGateway(async (gateway) => {
  await runWorkers(gateway, WARM_UP);
  const before = await measure();
  await runWorkers(gateway, WORKERS);
  // Some threads and descriptors come and go with the gateway's pool; a leak is one for each worker.
  const bounds = [WORKERS / 10, WORKERS / 10, WORKERS * BYTES_A_WORKER].map((more, at) => before[at]! + more);
  const after = await least(bounds);
  RESOURCES.forEach((folder, at) => {
    assert.ok(after[at]! < bounds[at]!, `${after[at]} in ${folder}, before ${before[at]}`);
  });
  const resident = after.at(-1)!;
  const perWorker = (resident - before.at(-1)!) / WORKERS;
  console.log(`resident memory grew by ${Math.round(perWorker)} bytes a worker, ${resident >> 20} MiB in all`);
  assert.ok(perWorker < BYTES_A_WORKER, `${perWorker} bytes a worker`);
}));

test("a process that loads the module in workers alone outlives them", withGateway(async (gateway) => {
  const ended = await runProgram("workers_only", [gateway.url, gateway.sign("alice")]);
  assert.deepEqual([ended.code, ended.signal], [0, null], ended.stderr);
  assert.match(ended.stdout, /20 workers ended/);
}));

test("a worker that ends with log records on their way does not hold up the log", withGateway(async (gateway) => {
  const worker = new Worker(join(__dirname, "programs", "log_worker.js"), { workerData: { url: gateway.url } });
  const ended = new Promise((resolve) => worker.on("exit", resolve));
  const told = await new Promise((resolve) => worker.on("message", resolve));
  await ended;
  assert.equal(told, "ending");
  const hasLine = new Promise<string>((resolve) => setLogListener((_level, text) => resolve(text)));
  const client = await gateway.client("phone", { logLevel: "debug" });
  await client.login("alice", gateway.sign("alice"));
  const line = await hasLine;
  setLogListener(null);
  assert.notEqual(line, "");
}));

test("the log goes to who opened it last, while another closes it", withGateway(async (gateway) => {
  const manager = TencentImSDKPlugin.v2TIMManager;
  configure({ ...(await gateway.settings("phone")), connectAtInit: false });
  await manager.initSDK(gateway.sdkAppID, LogLevelEnum.V2TIM_LOG_INFO);
  // Again: it says so in the log.
  const sayLine = () => manager.initSDK(gateway.sdkAppID);
  const memory = new SharedArrayBuffer(12);
  const [OPENED, CLOSING, HEARD] = [0, 1, 2];
  const counts = new Int32Array(memory);
  const workerData = { memory, rounds: LOG_TURNS };
  const worker = new Worker(join(__dirname, "programs", "log_turns.js"), { workerData });
  const ended = new Promise((resolve) => worker.on("exit", resolve));
  try {
    for (let round = 1; round <= LOG_TURNS; round += 1) {
      while (Atomics.load(counts, OPENED) < round) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      // For the worker, whether or not it gets round to taking it.
      void sayLine();
      Atomics.store(counts, CLOSING, round);
      const hasLine = new Promise<boolean>((resolve) => setLogListener(() => resolve(true)));
      void sayLine();
      const isOver = new Promise<boolean>((resolve) => setTimeout(resolve, 20_000, false).unref());
      assert.ok(await Promise.race([hasLine, isOver]), `round ${round}`);
      setLogListener(null);
      Atomics.store(counts, HEARD, round);
    }
    assert.equal(await ended, 0);
  } finally {
    await worker.terminate();
    setLogListener(null);
  }
}));

test("the main thread's client is not disturbed by workers that end", withGateway(async (gateway) => {
  const client = await gateway.client("phone");
  await client.login("carol", gateway.sign("carol"));
  await Promise.all(WAYS.map((way) => runWorker(gateway, way)));
  assert.equal(client.loginUser, "carol");
  await client.logout();
  assert.equal(TencentImSDKPlugin.v2TIMManager.loginUser, "");
}));
