/** React Native's part of the TypeScript layer: its small interface over what UniFFI generates from `bindings/uniffi`. */

import { eventsOf } from "../../typescript/src/batch";
import { LOG_LEVEL_NAMES, type LogLevelName } from "../../typescript/src/generated/status";
import type {
  Failure,
  NativeClient,
  NativeEvent,
  NativeLogListener,
  NativeModule,
  Outcome,
  SettingTexts,
} from "../../typescript/src/native";
import { AppState } from "react-native";
import * as library from "../generated/tessera";
import { failureOf, stampOf } from "./convert";
import platform from "./NativeTesseraIm";

declare const console: { warn(...parts: unknown[]): void };

const EVENTS_AT_ONCE = 1024;
const ALL_EVENTS = 0xffff_ffff;
const LOGS_AT_ONCE = 1024;
/** More than chance brings, when the log was closed and opened again, or another runtime has taken what was there. */
const EMPTY_WAITS_MAX = 16;

if (!platform.install()) {
  throw new Error("tessera-im cannot reach the runtime of JavaScript: it needs React Native's New Architecture");
}
library.default.initialize();
// Who waited in a runtime before this one, before a reload, must not be answered here.
library.closeLogs();

/** Clients that want to know of a network and of the foreground (C11). */
const clients = new Set<ReactNativeClient>();

function hintAll(): void {
  clients.forEach((client) => client.hint());
}

platform.onNetworkAvailable(hintAll);
let wasInBackground = false;
AppState.addEventListener("change", (state) => {
  // Between them an app may be "inactive", behind a dialog of the system: that is not a return.
  if (state === "active" && wasInBackground) {
    hintAll();
  }
  wasInBackground = state === "background" || (wasInBackground && state !== "active");
});

class ReactNativeClient implements NativeClient {
  readonly #client: library.ClientLike;
  readonly #doorbell: library.DoorbellLike;
  /** A batch was full, so that more may wait than the bell will ring for. */
  #mayHaveMore = false;
  #isClosed = false;
  #onClose: (() => void) | undefined;

  constructor(shared: boolean) {
    this.#client = shared ? library.Client.shared() : new library.Client();
    this.#doorbell = this.#client.doorbell();
    clients.add(this);
  }

  init(app: number, settings: SettingTexts): Failure | null {
    try {
      this.#client.init(BigInt(app), rowsOf(settings), rowsOf(platform.getConstants().manifest));
      return null;
    } catch (error) {
      return refusal(error);
    }
  }

  unInit(): Outcome {
    const ending = this.#client.unInit();
    return { number: Number(ending.init()), ...stampOf(ending.stamp()) };
  }

  login(user: string, ticket: string): Outcome {
    return this.#outcome(() => this.#client.login(user, ticket));
  }

  logout(): Outcome {
    return this.#outcome(() => this.#client.logout());
  }

  hint(): void {
    this.#client.hint();
  }

  setHasProvider(hasProvider: boolean): void {
    this.#client.setHasProvider(hasProvider);
  }

  provideTicket(request: number, ticket: string | null): void {
    if (ticket === null) {
      this.#client.provideError(BigInt(request), "the ticket provider failed");
    } else {
      this.#client.provideTicket(BigInt(request), ticket);
    }
  }

  async nextEvents(): Promise<readonly NativeEvent[] | undefined> {
    if (!this.#isClosed) {
      // Either way a task of its own begins.
      await (this.#mayHaveMore ? nextTask() : this.#rungOrClosed());
    }
    if (this.#isClosed) {
      return undefined;
    }
    const events = this.#take(EVENTS_AT_ONCE);
    this.#mayHaveMore = events.length === EVENTS_AT_ONCE;
    return events;
  }

  takeEvents(): readonly NativeEvent[] {
    return this.#take(ALL_EVENTS);
  }

  connectionStatus(): number {
    return this.#client.connectionStatus();
  }

  serverTime(): number {
    return Number(this.#client.serverTimeMs()) || -1;
  }

  keepAlive(): void {
    // An app ends when its system says so.
  }

  close(): void {
    this.#isClosed = true;
    clients.delete(this);
    this.#onClose?.();
  }

  #take(max: number): readonly NativeEvent[] {
    return eventsOf(this.#client.waitingEventsText(max));
  }

  #outcome(call: () => library.Started): Outcome {
    try {
      const started = call();
      return { number: Number(started.call), ...stampOf(started.stamp) };
    } catch (error) {
      return { number: 0, error: refusal(error), ...stampOf(this.#client.stamp()) };
    }
  }

  /** Nothing that waits for the bell refers to the client: one that was closed can be collected. */
  #rungOrClosed(): Promise<void> {
    return new Promise((resolve) => {
      this.#onClose = resolve;
      void this.#doorbell.rung().then(resolve);
    });
  }
}

/** What a call of the library has thrown, if the library means it; anything else is a fault and is thrown on. */
function refusal(error: unknown): Failure {
  if (library.CallError.Refused.instanceOf(error)) {
    return failureOf(error.inner.info);
  }
  throw error;
}

function rowsOf(settings: Readonly<SettingTexts>): library.Setting[] {
  return Object.entries(settings).map(([name, value]) => ({ name, value }));
}

/** A later task, soon: `setImmediate` is a microtask on React Native, and `setTimeout` may wait for a frame. */
function nextTask(): Promise<void> {
  return library.nextTurn();
}

let logListener: NativeLogListener | null = null;
let isPassingLogs = false;
/** How many waits in a row have brought nothing. */
let emptyWaits = 0;

/**
 * Passes records on until nobody listens, or until another runtime has closed the log, which is the process's: then a
 * wait ends at once, and brings nothing, for ever. Whoever listens here hears no more until `setLogListener` is called
 * again.
 */
async function passOnLogs(): Promise<void> {
  isPassingLogs = true;
  while (logListener && emptyWaits < EMPTY_WAITS_MAX) {
    await library.waitForLogs();
    const records = library.waitingLogs(LOGS_AT_ONCE);
    emptyWaits = records.length > 0 ? 0 : emptyWaits + 1;
    for (const { level, text } of records) {
      logListener?.(levelOf(level), text);
    }
    await nextTask();
  }
  isPassingLogs = false;
}

function levelOf(level: library.LogLevel): number {
  const name = library.LogLevel[level]?.toLowerCase() as LogLevelName;
  return Number(Object.entries(LOG_LEVEL_NAMES).find((row) => row[1] === name)?.[0]);
}

export const reactNativeModule: NativeModule = {
  createClient: (shared) => new ReactNativeClient(shared),
  nextTask,
  warn: (warning) => console.warn(warning),
  setLogListener(listener) {
    logListener = listener;
    if (!listener) {
      library.closeLogs();
    } else {
      library.openLogs();
      emptyWaits = 0;
      if (!isPassingLogs) {
        void passOnLogs();
      }
    }
  },
};
