/**
 * One client without a flavour: status and user in plain fields, calls as promises, events one at a time. `Client` and
 * V2TIM's manager are made of it.
 */

import { errorOf, errorOfCode, failureOfCode, type TesseraError } from "./errors";
import { ErrorCode } from "./generated/codes";
import type { TellingKind } from "./events";
import { type ConnectionStatus, LoginStatus } from "./generated/status";
import { SETTINGS, type Settings } from "./generated/settings";
import { guarded } from "./listeners";
import {
  type Completed,
  EventKind,
  type Failure,
  native,
  type NativeClient,
  type NativeEvent,
  type Outcome,
  type SettingTexts,
  type Stamp,
  type TicketRequest,
} from "./native";

/** Gives a new ticket for a user, from the app's own server. */
export type TicketProvider = (userID: string) => string | PromiseLike<string>;

/** Where the result of a call goes: nothing, or why it failed. */
type Caller = (failure: Failure | undefined) => void;

/** A call, and whether its result is there, perhaps on its way to whoever awaits it. */
export interface Call {
  readonly result: Promise<void>;
  isDecided(): boolean;
}

/** One client. */
export class Engine {
  readonly #native: NativeClient;
  readonly #tell: (kind: TellingKind, detail: NativeEvent["detail"]) => void;
  #epoch = -1;
  #status = LoginStatus.LoggedOut;
  #user = "";
  /** Events of a lower initialisation are void (C9). */
  #init = 0;
  /** Events that were taken; those from `#next` on are to be delivered. */
  #taken: readonly NativeEvent[] = [];
  #next = 0;
  #isDelivering = false;
  #isClosed = false;
  readonly #callers = new Map<number, Caller>();
  #provider: TicketProvider | undefined;
  #isReferenced = false;

  /** `tell` gets what listeners are to hear, in order, and must not throw. */
  constructor(shared: boolean, tell: (kind: TellingKind, detail: NativeEvent["detail"]) => void) {
    this.#native = native().createClient(shared);
    this.#tell = tell;
    void this.#pump();
  }

  /** The login status, the newest that this thread knows: a field. */
  get status(): LoginStatus {
    return this.#status;
  }

  /** The user, or an empty text unless logged in (C21): a field. */
  get user(): string {
    return this.#user;
  }

  get connectionStatus(): ConnectionStatus {
    return this.#native.connectionStatus();
  }

  /** Gateway time as Unix milliseconds; `undefined` until the gateway told it since init. */
  get serverTime(): number | undefined {
    const time = this.#native.serverTime();
    return time < 0 ? undefined : time;
  }

  /** Initialises; what comes back is why it failed. */
  init(sdkAppID: unknown, settings: Settings): TesseraError | undefined {
    if (!Number.isSafeInteger(sdkAppID) || (sdkAppID as number) < 1) {
      const given = typeof sdkAppID === "number" ? String(sdkAppID) : typeof sdkAppID;
      return errorOfCode(ErrorCode.ERR_INVALID_PARAMETERS, `the SDKAppID has to be a positive whole number, not ${given}`);
    }
    const failure = this.#native.init(sdkAppID as number, textsOf(settings));
    return failure ? errorOf({ ...failure, desc: withProperties(failure.desc) }) : undefined;
  }

  /**
   * Ends everything (C9): what waits is dropped, calls that wait get 7009, the provider is forgotten. All of that has
   * happened when it returns; reactions to the results follow as promises have them.
   */
  unInit(): void {
    const outcome = this.#native.unInit();
    this.#init = outcome.number;
    this.#note(outcome);
    this.#provider = undefined;
    const waiting = this.#taken.slice(this.#next).concat(this.#native.takeEvents());
    this.#taken = [];
    this.#next = 0;
    // Only results are delivered of these, and settling a promise runs nobody's code here.
    waiting.forEach((event) => this.#deliverOne(event));
  }

  login(userID: unknown, userSig: unknown): Call {
    // Before the call: an argument's own code may close the client.
    const [user, ticket] = [argument(userID), argument(userSig)];
    return this.#call(() => this.#native.login(user, ticket));
  }

  logout(): Call {
    return this.#call(() => this.#native.logout());
  }

  hint(): void {
    this.#native.hint();
  }

  setTicketProvider(provider: TicketProvider | null | undefined): void {
    this.#provider = provider ?? undefined;
    this.#native.setHasProvider(this.#provider !== undefined);
  }

  /** Whether the process goes on for this client even if no call waits. */
  setReferenced(isReferenced: boolean): void {
    this.#isReferenced = isReferenced;
    this.#keepAlive();
  }

  /** After it nothing is delivered, and calls are refused at once; what came before it was unInit. */
  close(): void {
    this.#isClosed = true;
    this.#native.close();
    this.setReferenced(false);
  }

  #call(begin: () => Outcome): Call {
    if (this.#isClosed) {
      return refusal(errorOfCode(ErrorCode.ERR_SDK_NOT_INITIALIZED));
    }
    const outcome = begin();
    this.#note(outcome);
    if (outcome.error) {
      return refusal(errorOf(outcome.error));
    }
    const { number } = outcome;
    const result = this.#resultOf(number);
    this.#keepAlive();
    return { result, isDecided: () => !this.#callers.has(number) || this.#hasResult(number) };
  }

  /** The error is made where it is awaited, so that its stack names whoever awaits the call. */
  async #resultOf(call: number): Promise<void> {
    const failure = await new Promise<Failure | undefined>((resolve) => this.#callers.set(call, resolve));
    if (failure) {
      throw errorOf(failure);
    }
  }

  /** Whether the result of a call waits: here, or still in the core. */
  #hasResult(call: number): boolean {
    this.#take(this.#native.takeEvents());
    // The pump knows nothing of these.
    void native().nextTask().then(() => this.#deliverTaken());
    const waiting = this.#taken.slice(this.#next);
    return waiting.some(({ kind, detail }) => kind === EventKind.Completed && (detail as Completed).call === call);
  }

  /** While a call waits for its result the process waits too. */
  #keepAlive(): void {
    this.#native.keepAlive(this.#isReferenced || this.#callers.size > 0);
  }

  async #pump(): Promise<void> {
    for (;;) {
      const events = await this.#native.nextEvents();
      if (!events) {
        return;
      }
      this.#take(events);
      await this.#deliverTaken();
    }
  }

  #take(events: readonly NativeEvent[]): void {
    const newest = events.at(-1);
    if (newest) {
      // Before any of them is delivered: status and user are always the newest (C3).
      this.#note(newest.stamp);
      this.#taken = this.#next < this.#taken.length ? this.#taken.slice(this.#next).concat(events) : events;
      this.#next = 0;
    }
  }

  /** Delivers what was taken; if that happens already, it returns when it is done: no more is taken until then. */
  async #deliverTaken(): Promise<void> {
    while (this.#isDelivering) {
      await native().nextTask();
    }
    this.#isDelivering = true;
    try {
      while (this.#deliverToNextResult()) {
        await native().nextTask();
      }
    } finally {
      this.#isDelivering = false;
    }
  }

  /** Delivers up to the next result and says whether more wait: who awaits a result sees it before what came later. */
  #deliverToNextResult(): boolean {
    while (this.#next < this.#taken.length) {
      const event = this.#taken[this.#next++] as NativeEvent;
      this.#deliverOne(event);
      if (event.kind === EventKind.Completed) {
        break;
      }
    }
    return this.#next < this.#taken.length;
  }

  #deliverOne(event: NativeEvent): void {
    const isVoid = event.stamp.init < this.#init;
    if (event.kind === EventKind.Completed) {
      this.#complete(event.detail as Completed, isVoid);
    } else if (isVoid) {
      return;
    } else if (event.kind === EventKind.TicketRequest) {
      this.#askTicket(event.detail as TicketRequest);
    } else {
      this.#tell(event.kind, event.detail);
    }
  }

  #complete({ call, error }: Completed, interrupted: boolean): void {
    const caller = this.#callers.get(call);
    this.#callers.delete(call);
    this.#keepAlive();
    caller?.(interrupted ? failureOfCode(ErrorCode.ERR_SDK_COMM_INTERRUPT) : (error ?? undefined));
  }

  /** Asks the provider (C15). Whatever it does wrong ends no session: it is asked again later. */
  #askTicket({ request, user }: TicketRequest): void {
    const provider = this.#provider;
    const answer = (ticket: unknown) =>
      this.#native.provideTicket(request, typeof ticket === "string" ? ticket : null);
    guarded("the ticket provider", async () => {
      try {
        answer(await provider?.(user));
      } catch (error) {
        answer(null);
        throw error;
      }
    });
  }

  #note(stamp: Stamp): void {
    if (stamp.epoch > this.#epoch) {
      this.#epoch = stamp.epoch;
      this.#status = stamp.status;
      this.#user = stamp.user;
    }
  }
}

/** A call that was refused here. */
function refusal(error: TesseraError): Call {
  return { result: Promise.reject(error), isDecided: () => true };
}

/** A sentence about settings with their names as they are here: `serverUrl` for `server_url`. */
function withProperties(sentence: string): string {
  const names = new Map(SETTINGS.map(({ name, property }) => [name, property] as const));
  return sentence.replace(/`(\w+)`/g, (quoted, name: string) => {
    const property = names.get(name);
    return property === undefined ? quoted : `\`${property}\``;
  });
}

/** Settings as texts by their names; what is `undefined` or `null` is not given. */
function textsOf(settings: Settings): SettingTexts {
  const texts: SettingTexts = {};
  for (const [property, value] of Object.entries(settings)) {
    if (value !== undefined && value !== null) {
      texts[SETTINGS.find((row) => row.property === property)?.name ?? property] = argument(value);
    }
  }
  return texts;
}

/** Code without types may pass anything; the core says what is wrong with it. */
function argument(value: unknown): string {
  try {
    return typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);
  } catch {
    // An object that has no text, such as one without a prototype: as any other object, which is never right.
    return "[object Object]";
  }
}
