/**
 * What a platform implements: the small interface between this layer and the SDK's core. Node and Electron have one
 * implementation (`bindings/node/ts/native.ts`), React Native another. Nothing in here is for apps.
 *
 * All methods are called on the JavaScript thread, and none calls back into this layer before it has returned.
 */

/** What happened. The numbers are those that a native module writes. */
export enum EventKind {
  /** A call has its result: {@link Completed}. */
  Completed = 0,
  Connecting = 1,
  ConnectSuccess = 2,
  /** A try to connect has failed: {@link Failure}. */
  ConnectFailed = 3,
  /** The connection has dropped: {@link Failure}. */
  Disconnected = 4,
  /** Somebody else ended the session: {@link Kicked}. */
  KickedOffline = 5,
  UserSigExpired = 6,
  /** The ticket provider is asked: {@link TicketRequest}. */
  TicketRequest = 7,
}

/** Why something failed. */
export interface Failure {
  readonly code: number;
  readonly desc: string;
  readonly retryable: boolean;
  /** When to try again at the earliest, if the gateway said so. */
  readonly retryAfterMs?: number | null;
}

/** Which call has its result, and why it failed, if it did. */
export interface Completed {
  readonly call: number;
  readonly error?: Failure | null;
}

/** A kick as the gateway told it. `time` is Unix time in milliseconds. */
export interface Kicked {
  readonly reason: string;
  readonly platform?: string | null;
  readonly time: number;
  readonly code?: number | null;
}

/** A question to the ticket provider. */
export interface TicketRequest {
  readonly request: number;
  readonly user: string;
}

/** Who is logged in. Of two, the one with the higher epoch is newer. */
export interface Stamp {
  readonly epoch: number;
  /** A number of `LoginStatus`. */
  readonly status: number;
  /** Empty unless logged in. */
  readonly user: string;
}

/** When an event happened. */
export interface EventStamp extends Stamp {
  /** The initialisation that it belongs to; it rises with each unInit. */
  readonly init: number;
}

/** An event, and who was logged in then. */
export interface NativeEvent {
  readonly kind: EventKind;
  readonly stamp: EventStamp;
  /** What the kind says; else nothing. */
  readonly detail: Completed | Failure | Kicked | TicketRequest | null;
}

/** Who is logged in after a call, and what became of it. */
export interface Outcome extends Stamp {
  /** Number of the call, whose result follows as an event; of unInit, the initialisation from now on. */
  readonly number: number;
  /** Why there is no such number. */
  readonly error?: Failure | null;
}

/** Names of settings in any spelling of the settings table, with their values as text. */
export type SettingTexts = Record<string, string>;

/** One client of the core. */
export interface NativeClient {
  /** Initialises with what the code gives; what the platform itself gives (environment, manifest) is added below it. */
  init(app: number, settings: SettingTexts): Failure | null | undefined;
  unInit(): Outcome;
  login(user: string, ticket: string): Outcome;
  logout(): Outcome;
  hint(): void;
  setHasProvider(hasProvider: boolean): void;
  /** Answers a ticket request; without a ticket if the provider failed. */
  provideTicket(request: number, ticket: string | null): void;
  /**
   * Waits for events and takes up to 1024 of them; there may be none. `undefined` once the client is closed. It
   * resolves in a task of its own: what promises that were settled before have caused is done then.
   */
  nextEvents(): Promise<readonly NativeEvent[] | undefined>;
  /** Takes all events that wait, without waiting. */
  takeEvents(): readonly NativeEvent[];
  /** A number of `ConnectionStatus`. */
  connectionStatus(): number;
  /** Gateway time as Unix milliseconds; -1 until the gateway told it since init. */
  serverTime(): number;
  /** Whether the process has to go on for this client. Where a process does not end by itself it does nothing. */
  keepAlive(keep: boolean): void;
  /** Nobody waits for events any more. */
  close(): void;
}

/** Takes a log record: a number of `LogLevelEnum`, and a text. */
export type NativeLogListener = (level: number, text: string) => void;

/** The platform. */
export interface NativeModule {
  /** A client that is not initialised; `shared` asks for the one that has the installation's device id. */
  createClient(shared: boolean): NativeClient;
  /** Resolves in a later task, when what promises that are settled now have caused is done. */
  nextTask(): Promise<void>;
  /** Tells the developer of something that is nobody's result, such as a listener that throws. */
  warn(warning: Error): void;
  /** Sends the SDK's log records here from now on; `null` to none. */
  setLogListener(listener: NativeLogListener | null): void;
}

let platform: NativeModule | undefined;

/** Called once, by the package's entry for the platform, before anything else. */
export function useNative(module: NativeModule): void {
  platform = module;
}

/** The platform's module. */
export function native(): NativeModule {
  if (!platform) {
    throw new Error("tessera-im was imported without its platform: import it by its package name");
  }
  return platform;
}
