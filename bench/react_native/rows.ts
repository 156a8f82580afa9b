/**
 * Measures React Native's rows of the bench table in the host for Linux, and prints them as docs/benchmarks.md says. Run
 * by `cargo xtask bench react_native`.
 */

import { configure, LogLevelEnum, TencentImSDKPlugin } from "tessera-im";

interface Anchor {
  what: string;
  measured: number;
}

declare const host: {
  print(line: string): void;
  printError(line: string): void;
  exit(code: number): void;
  now(): number;
  nothing(): number;
  post(callback: () => void): void;
};
declare function setTimeout(callback: () => void, delay: number): void;

const manager = TencentImSDKPlugin.v2TIMManager;
const ROUNDS = 9;
const EVENTS = 1_000;
const bare = "a JSI host function that does nothing";

function print(name: string, measured: number, unit: string, beside: Anchor, budget?: number): void {
  const row = { name, measured, unit, anchors: [beside] };
  host.print(JSON.stringify(budget === undefined ? row : { ...row, budget }));
}

function median(numbers: number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
}

/** Nanoseconds of one run of a loop's body. */
function time(loop: (count: number) => unknown, count: number): number {
  const start = host.now();
  loop(count);
  return ((host.now() - start) * 1e6) / count;
}

/** Two loops in turn, so that both meet the same machine; medians. */
function inTurn(ours: (count: number) => unknown, theirs: (count: number) => unknown, count: number): [number, number] {
  const rounds: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds[0].push(time(ours, count));
    rounds[1].push(time(theirs, count));
  }
  return [median(rounds[0]), median(rounds[1])];
}

let sink = 0;

function nothing(count: number): void {
  for (let n = 0; n < count; n += 1) {
    sink += host.nothing();
  }
}

function getters(): void {
  const status = (count: number) => {
    for (let n = 0; n < count; n += 1) {
      sink += manager.status;
    }
  };
  const [ours, theirs] = inTurn(status, nothing, 200_000);
  print("status getter", ours, "ns", { what: bare, measured: theirs }, 20);
  const connection = (count: number) => {
    for (let n = 0; n < count; n += 1) {
      sink += manager.connectionStatus;
    }
  };
  const [call, empty] = inTurn(connection, nothing, 20_000);
  print("call that blocks until it has its value", call / 1000, "µs", { what: bare, measured: empty / 1000 });
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Events that wait while the thread of JavaScript is held up: each hint tries a port that refuses connections. */
async function events(): Promise<void> {
  let heard = 0;
  configure({
    serverUrl: "ws://127.0.0.1:9",
    allowPlain: true,
    deviceId: "0123456789abcdef0123456789abcdef",
    hintIntervalMs: 0,
    eventsWaitingMax: 65536,
    reconnectDelayMinMs: 60_000,
    reconnectDelayMaxMs: 600_000,
  });
  await manager.initSDK(1400000001, LogLevelEnum.V2TIM_LOG_NONE, { onConnectFailed: () => (heard += 1) });
  const perEvent: number[] = [];
  const perPosted: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await pause(5);
    heard = 0;
    for (let n = 0; n < EVENTS; n += 1) {
      manager.notifyNetworkAvailable();
      const until = host.now() + 0.15;
      while (host.now() < until) {
        // It fails meanwhile, on another thread.
      }
    }
    const start = host.now();
    // Done at once, because nobody is logged in: its result waits behind everything else.
    await manager.logout();
    perEvent.push(((host.now() - start) * 1000) / heard);
    perPosted.push(await posted());
  }
  const anchor = { what: "a function posted for each", measured: median(perPosted) };
  print("event, amortised over a batch", median(perEvent), "µs", anchor, 0.4);
  await latency();
  await manager.unInitSDK();
}

/** Microseconds of a function that is posted to the thread of JavaScript, one of many. */
function posted(): Promise<number> {
  return new Promise((resolve) => {
    const start = host.now();
    let left = EVENTS;
    for (let n = 0; n < EVENTS; n += 1) {
      host.post(() => {
        left -= 1;
        if (left === 0) {
          resolve(((host.now() - start) * 1000) / EVENTS);
        }
      });
    }
  });
}

/** From a call that the core has done at once to its result, one at a time, on a loop that does nothing else. */
async function latency(): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let n = 0; n < 300; n += 1) {
    await pause(2);
    let start = host.now();
    await manager.logout();
    ours.push((host.now() - start) * 1000);
    await pause(2);
    start = host.now();
    await new Promise<void>((resolve) => host.post(resolve));
    theirs.push((host.now() - start) * 1000);
  }
  const anchor = { what: "a posted function", measured: median(theirs) };
  print("latency of a single event, p50", median(ours), "µs", anchor, 50);
}

async function main(): Promise<void> {
  getters();
  await events();
}

main().then(
  () => host.exit(sink >= 0 ? 0 : 1),
  (error: unknown) => {
    host.printError(String(error));
    host.exit(1);
  },
);
