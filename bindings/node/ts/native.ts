/** Node's and Electron's part of the TypeScript layer: its small interface over the native module. */

import { eventsOf } from "../../typescript/src/batch";
import { SETTINGS } from "../../typescript/src/generated/settings";
import type {
  Failure,
  NativeClient,
  NativeEvent,
  NativeLogListener,
  NativeModule,
  Outcome,
  SettingTexts,
} from "../../typescript/src/native";
import { loadBinary } from "./binary";

/** What the native module exports (`bindings/node/src`). */
interface Binary {
  EventLoop: new (wake: (number: number, text: string) => void) => BinaryEventLoop;
  Client: new (eventLoop: BinaryEventLoop, number: number, shared: boolean) => BinaryClient;
  openLogs(eventLoop: BinaryEventLoop): void;
  closeLogs(eventLoop: BinaryEventLoop): void;
  signTicket(
    app: number,
    secret: string,
    user: string,
    expireSeconds: number,
    nowMs: number,
    userBuf: Uint8Array | undefined,
  ): string;
}

interface BinaryEventLoop {
  keepAlive(keep: boolean): void;
}

/** Texts are JSON. */
interface BinaryClient {
  init(app: number, code: SettingTexts, environment: SettingTexts): string | null;
  unInit(): string;
  login(user: string, ticket: string): string;
  logout(): string;
  hint(): void;
  setHasProvider(hasProvider: boolean): void;
  provideTicket(request: number, ticket: string | null): void;
  takeEvents(): string;
  holdEvents(hold: boolean): void;
  connectionStatus(): number;
  serverTime(): number;
}

/** The number that log records wake the loop with; clients count from 1. */
const LOG_NUMBER = 0;

export const binary = loadBinary() as Binary;

const clients = new Map<number, NodeClient>();
let clientsSoFar = LOG_NUMBER;
const eventLoop = new binary.EventLoop(wake);
/** For whom the process has to go on. */
const waitedFor = new Set<object>();
let logListener: NativeLogListener | null = null;

/** Called by the native module, in a task of its own, with what waits. */
function wake(number: number, text: string): void {
  if (number === LOG_NUMBER) {
    passOnLogs(text);
  } else {
    clients.get(number)?.receive(eventsOf(text));
  }
}

/** Whether the process has to go on for somebody. */
export function keepAlive(somebody: object, keep: boolean): void {
  const before = waitedFor.size;
  if (keep) {
    waitedFor.add(somebody);
  } else {
    waitedFor.delete(somebody);
  }
  if (before + waitedFor.size === 1) {
    eventLoop.keepAlive(keep);
  }
}

function passOnLogs(text: string): void {
  const parts = JSON.parse(text) as (number | string)[];
  for (let at = 0; at < parts.length; at += 2) {
    logListener?.(parts[at] as number, parts[at + 1] as string);
  }
}

class NodeClient implements NativeClient {
  readonly #number = ++clientsSoFar;
  readonly #client: BinaryClient;
  /** Events that came while nobody waited for them. */
  #kept: readonly NativeEvent[] = [];
  #onEvents: ((events: readonly NativeEvent[] | undefined) => void) | undefined;

  constructor(shared: boolean) {
    this.#client = new binary.Client(eventLoop, this.#number, shared);
    clients.set(this.#number, this);
  }

  init(app: number, settings: SettingTexts): Failure | null {
    const failure = this.#client.init(app, settings, environment());
    return failure === null ? null : (JSON.parse(failure) as Failure);
  }

  unInit(): Outcome {
    return JSON.parse(this.#client.unInit()) as Outcome;
  }

  login(user: string, ticket: string): Outcome {
    return JSON.parse(this.#client.login(user, ticket)) as Outcome;
  }

  logout(): Outcome {
    return JSON.parse(this.#client.logout()) as Outcome;
  }

  hint(): void {
    this.#client.hint();
  }

  setHasProvider(hasProvider: boolean): void {
    this.#client.setHasProvider(hasProvider);
  }

  provideTicket(request: number, ticket: string | null): void {
    this.#client.provideTicket(request, ticket);
  }

  nextEvents(): Promise<readonly NativeEvent[] | undefined> {
    if (!clients.has(this.#number)) {
      return Promise.resolve(undefined);
    }
    // Either way a task of its own begins.
    return this.#kept.length > 0
      ? nextTask().then(() => {
          // Those that were held back come next.
          this.#client.holdEvents(false);
          return this.#takeKept();
        })
      : new Promise((resolve) => (this.#onEvents = resolve));
  }

  takeEvents(): readonly NativeEvent[] {
    return this.#takeKept().concat(eventsOf(this.#client.takeEvents()));
  }

  #takeKept(): readonly NativeEvent[] {
    const kept = this.#kept;
    this.#kept = [];
    return kept;
  }

  connectionStatus(): number {
    return this.#client.connectionStatus();
  }

  serverTime(): number {
    return this.#client.serverTime();
  }

  keepAlive(keep: boolean): void {
    keepAlive(this, keep);
  }

  close(): void {
    clients.delete(this.#number);
    this.#onEvents?.(undefined);
  }

  /** Takes events that the native module brings. While nobody waits, those stay here and more stay in the core. */
  receive(events: readonly NativeEvent[]): void {
    if (events.length === 0) {
      return;
    }
    const onEvents = this.#onEvents;
    this.#onEvents = undefined;
    if (onEvents) {
      onEvents(events);
    } else {
      this.#client.holdEvents(true);
      this.#kept = this.#kept.concat(events);
    }
  }
}

/** A worker's environment is its own, so it is JavaScript's that counts, not the process's. */
function environment(): SettingTexts {
  const texts: SettingTexts = {};
  for (const { env } of SETTINGS) {
    const value = process.env[env];
    if (value !== undefined) {
      texts[env] = value;
    }
  }
  return texts;
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function warn(warning: Error): void {
  try {
    process.emitWarning(warning);
  } catch {
    // Test runners give each file a realm of its own, and Node takes no error of another realm's.
    process.emitWarning(warning.message, warning.name);
  }
}

export const nodeModule: NativeModule = {
  createClient: (shared) => new NodeClient(shared),
  nextTask,
  warn,
  setLogListener(listener) {
    logListener = listener;
    if (listener) {
      binary.openLogs(eventLoop);
    } else {
      binary.closeLogs(eventLoop);
    }
  },
};
