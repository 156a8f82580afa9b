/** The client for code that is new: typed errors, an AbortSignal, events by name and as an async iterator. */

import { type Call, Engine, type TicketProvider } from "./engine";
import { errorOfCode, type TesseraError } from "./errors";
import { EventStream } from "./event_stream";
import { type ClientEvent, clientEventOf, type Kick, type TellingKind, TYPES } from "./events";
import { ErrorCode } from "./generated/codes";
import { type ConnectionStatus, LoginStatus } from "./generated/status";
import type { Settings } from "./generated/settings";
import { Listeners } from "./listeners";
import type { NativeEvent } from "./native";

/** What a client starts with: the app, any setting, and who gives new tickets. */
export interface ClientOptions extends Settings {
  /** The SDKAppID. */
  sdkAppID: number;
  /** Who is asked for a new ticket before the old one expires. See {@link Client.setTicketProvider}. */
  ticketProvider?: TicketProvider;
}

/** The events of a client and what their listeners get. */
export interface ClientEvents {
  /** The connection is being made, at first or again. */
  connecting: [];
  /** The connection is there. */
  connectSuccess: [];
  /** A try to connect has failed; the next follows by itself. */
  connectFailed: [error: TesseraError];
  /** The connection has dropped. */
  disconnected: [error: TesseraError];
  /** Somebody else ended the session: nobody is logged in, and the client does not log in again by itself. */
  kickedOffline: [kick: Kick];
  /** The ticket has expired: nobody is logged in. Get a new one and log in. */
  userSigExpired: [];
}

/** A listener of one event. */
export type ClientListener<E extends keyof ClientEvents> = (...args: ClientEvents[E]) => unknown;

type AnyListener = (...args: unknown[]) => unknown;

/** As much of an `AbortSignal` as is needed of one, so that every platform's fits. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** How a call can be given up. */
export interface CallOptions {
  signal?: AbortSignalLike;
}

/**
 * One client: one account at a time; a process may have many. It is initialised when it is made, and lives until
 * {@link Client.close}, also if nobody has a reference to it.
 *
 * @example
 * const client = new Client({ sdkAppID: 1400000001, serverUrl: "wss://chat.example.com" });
 * client.on("kickedOffline", (kick) => console.log(`logged out: ${kick.reason}`));
 * await client.login("alice", userSig);
 */
export class Client {
  readonly #engine: Engine;
  readonly #listeners = new Map<keyof ClientEvents, Listeners<AnyListener>>();
  readonly #streams = new Set<EventStream>();
  #isClosed = false;

  /**
   * Makes a client and initialises it.
   *
   * @throws {TesseraError} 6017 for a wrong app id, and for settings that are wrong or incomplete.
   */
  constructor(options: ClientOptions) {
    const { sdkAppID, ticketProvider, ...settings } = options;
    this.#engine = new Engine(false, (kind, detail) => this.#tell(kind, detail));
    const failed = this.#engine.init(sdkAppID, settings);
    if (failed) {
      this.close();
      throw failed;
    }
    if (ticketProvider) {
      this.setTicketProvider(ticketProvider);
    }
  }

  /** The login status: a field, without a call into the core. */
  get status(): LoginStatus {
    return this.#engine.status;
  }

  /** The user; empty unless logged in. */
  get loginUser(): string {
    return this.#engine.user;
  }

  /** State of the connection, which moves without the login status. */
  get connectionStatus(): ConnectionStatus {
    return this.#engine.connectionStatus;
  }

  /** Gateway time; `undefined` until the gateway told it. */
  get serverTime(): Date | undefined {
    const time = this.#engine.serverTime;
    return time === undefined ? undefined : new Date(time);
  }

  /**
   * Logs in. Status and user are the new ones when it returns; the promise has the result.
   *
   * With `signal`, the call can be given up: it then rejects with the signal's reason, and a login that is under way is
   * cancelled, also for others who wait for the same one. A ticket that is being renewed under a session is not. An
   * abort that comes after the result changes nothing, even if the promise has not told it yet.
   *
   * @throws {TesseraError} through the promise; see docs/error-codes.md.
   */
  login(userID: string, userSig: string, options?: CallOptions): Promise<void> {
    const cancel = () => {
      if (this.status === LoginStatus.LoggingIn) {
        this.#engine.logout().result.catch(() => {});
      }
    };
    return abortable(options, () => this.#engine.login(userID, userSig), cancel);
  }

  /**
   * Logs out. Succeeds when nobody is logged in. With `signal`, waiting for it can be given up.
   *
   * @throws {TesseraError} through the promise; see docs/error-codes.md.
   */
  logout(options?: CallOptions): Promise<void> {
    return abortable(options, () => this.#engine.logout(), () => {});
  }

  /**
   * Ends the client for good: the session is logged out without waiting for the gateway, calls that wait reject with
   * 7009, event streams end. A second call does nothing.
   */
  close(): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    this.#engine.unInit();
    this.#engine.close();
    // One by one: this may be a call inside of a listener, and those after it must not be called (C9).
    this.#listeners.forEach((listeners) => listeners.clear());
    this.#streams.forEach((stream) => stream.end());
  }

  /**
   * Calls `listener` with each such event from now on; the same one twice counts once.
   *
   * @throws {TypeError} for an event that there is not, and for a listener that is no function.
   */
  on<E extends keyof ClientEvents>(event: E, listener: ClientListener<E>): this {
    if (!Object.values<string>(TYPES).includes(event)) {
      throw new TypeError(`there is no event "${String(event)}"`);
    }
    if (typeof listener !== "function") {
      throw new TypeError(`the listener of "${event}" is no function`);
    }
    let listeners = this.#listeners.get(event);
    if (!listeners) {
      listeners = new Listeners();
      this.#listeners.set(event, listeners);
    }
    listeners.add(listener as AnyListener);
    return this;
  }

  /** Takes a listener away: it is not called any more. */
  off<E extends keyof ClientEvents>(event: E, listener: ClientListener<E>): this {
    this.#listeners.get(event)?.remove(listener as AnyListener);
    return this;
  }

  /**
   * The events from now on, until {@link Client.close} or until the signal aborts. Of connect events that nobody takes
   * only the newest are kept.
   *
   * @example
   * for await (const event of client.events()) {
   *   if (event.type === "userSigExpired") await client.login(user, await newTicket());
   * }
   */
  events(options?: CallOptions): AsyncIterableIterator<ClientEvent> {
    const signal = signalOf(options);
    const abort = () => stream.end();
    const stream = new EventStream((ended) => {
      this.#streams.delete(ended);
      signal?.removeEventListener("abort", abort);
    });
    if (this.#isClosed || signal?.aborted) {
      stream.end();
    } else {
      this.#streams.add(stream);
      signal?.addEventListener("abort", abort);
    }
    return stream;
  }

  /** The network is available again: reconnect or probe now, at most once a second. */
  notifyNetworkAvailable(): void {
    this.#engine.hint();
  }

  /** The app is in the foreground again: reconnect or probe now, at most once a second. */
  notifyForeground(): void {
    this.#engine.hint();
  }

  /**
   * Who is asked for a new ticket before the old one expires; it is put under the session without an event. An error
   * ends no session: the provider is asked again later. `null` forgets it.
   */
  setTicketProvider(provider: TicketProvider | null): void {
    if (!this.#isClosed) {
      this.#engine.setTicketProvider(provider);
    }
  }

  /** Has the process go on for as long as this client is open. Without it, only calls that wait keep a process alive. */
  ref(): this {
    this.#engine.setReferenced(!this.#isClosed);
    return this;
  }

  /** Takes {@link Client.ref} back. */
  unref(): this {
    this.#engine.setReferenced(false);
    return this;
  }

  #tell(kind: TellingKind, detail: NativeEvent["detail"]): void {
    const listeners = this.#listeners.get(TYPES[kind]);
    if (this.#streams.size === 0 && !listeners?.size) {
      return;
    }
    const event = clientEventOf(kind, detail);
    this.#streams.forEach((stream) => stream.push(event));
    listeners?.each(`a listener of "${event.type}"`, (listener) => listener(...argumentsOf(event)));
  }
}

/** What the listeners of an event get. */
function argumentsOf(event: ClientEvent): [] | [TesseraError] | [Kick] {
  switch (event.type) {
    case "connectFailed":
    case "disconnected":
      return [event.error];
    case "kickedOffline":
      return [event.kick];
    case "connecting":
    case "connectSuccess":
    case "userSigExpired":
      return [];
  }
}

/** Before anything has begun: code without types may give something else, such as the controller itself. */
function signalOf(options: CallOptions | null | undefined): AbortSignalLike | undefined {
  const signal = options?.signal ?? undefined;
  if (signal !== undefined && typeof signal.addEventListener !== "function") {
    throw new TypeError("`signal` is no AbortSignal");
  }
  return signal;
}

/** Runs a call that rejects with the signal's reason when that aborts before the result; `cancel` is run then. */
function abortable(options: CallOptions | null | undefined, begin: () => Call, cancel: () => void): Promise<void> {
  if (!options?.signal) {
    return begin().result;
  }
  return new Promise((resolve, reject) => {
    const signal = signalOf(options) as AbortSignalLike;
    const reason = () => signal.reason ?? errorOfCode(ErrorCode.ERR_LOGGED_OUT_BEFORE_LOGIN_FINISHED);
    if (signal.aborted) {
      return reject(reason());
    }
    const call = begin();
    const abort = () => {
      // A call whose result is there, such as 6023 because of a newer login, has nothing left to cancel.
      if (!call.isDecided()) {
        cancel();
        reject(reason());
      }
    };
    const settle = <A extends unknown[]>(then: (...args: A) => void) => {
      return (...args: A) => {
        signal.removeEventListener("abort", abort);
        then(...args);
      };
    };
    signal.addEventListener("abort", abort);
    call.result.then(settle(resolve), settle(reject));
  });
}
