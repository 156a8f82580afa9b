/** A gateway inside the test process, under the test's control. */

import { type AbortSignalLike, Client, type ClientOptions, internals, type Platform, type Settings } from "../index";
import { type BinaryGateway, carryOut, carryOutNow, newGateway, TestKitError, TimeoutError } from "./orders";

/** Who may be online beside whom: a preset, or sets of platforms that exclude each other, and caps per platform. */
export interface Policy {
  preset?: "single" | "dual" | "triple" | "multi";
  sets?: Platform[][];
  caps?: Partial<Record<Platform, number>>;
}

/** A preset by its name alone is a policy, too. */
export type PolicyOrPreset = Policy | NonNullable<Policy["preset"]>;

/** What a test gateway starts with; everything has a default. */
export interface GatewayOptions {
  /** The SDKAppID. */
  sdkAppID?: number;
  /** The app's secret key. */
  secretKey?: string;
  /** Default: every platform beside every other, one each. */
  policy?: PolicyOrPreset;
  /** Whether a device that was kicked while offline is told so by 6208; default no. */
  offlineKickError?: boolean;
  /** Limits by their names (docs/limits.md). Those that count calls are off unless named here. */
  limits?: Record<string, number>;
  /** File of the store; default none: in memory, which survives a restart. */
  store?: string;
}

/** A user's session, as the gateway sees it. */
export interface Session {
  readonly platform: Platform;
  readonly deviceId: string;
  /** Whether it has a connection now. */
  readonly connected: boolean;
  /** When its ticket expires. */
  readonly expires: Date;
}

/** How long to wait, and until what: default 5 s. */
export interface WaitOptions {
  timeoutMs?: number;
  signal?: AbortSignalLike;
}

/** Default of every wait. */
export const WAIT_MS = 5_000;
/** A wait is made of so short ones, so that many of them leave room on the thread pool. */
const WAIT_SLICE_MS = 50;

/**
 * A running test gateway. It listens on a free port of loopback, and keeps the process alive until it is stopped, as
 * Node's own servers do; {@link Gateway.unref} takes that back.
 *
 * @example
 * const gateway = await Gateway.start();
 * const phone = await gateway.client("phone");
 * await phone.login("alice", gateway.sign("alice"));
 * await gateway.kick("alice");
 */
export class Gateway {
  readonly #native: BinaryGateway;
  readonly #networks = new Map<string, Network>();
  readonly #clients: Client[] = [];
  #isStopped = false;
  /** The address for clients whose network is not to be disturbed. The same over a restart. */
  readonly url: string;
  readonly sdkAppID: number;
  /** The app's secret key, for tests that sign by other means. */
  readonly secretKey: string;

  /** Not for tests: see {@link Gateway.start}. */
  constructor(native: BinaryGateway, started: { url: string; app: number; key: string }) {
    this.#native = native;
    this.url = started.url;
    this.sdkAppID = started.app;
    this.secretKey = started.key;
    this.ref();
  }

  /**
   * Starts a gateway.
   *
   * @throws {TestKitError} if an option is wrong, or no port is free.
   */
  static async start(options: GatewayOptions = {}): Promise<Gateway> {
    const { sdkAppID, secretKey, policy, ...others } = options;
    const native = newGateway();
    const order = { do: "start", app: sdkAppID, key: secretKey, policy: policy && policyOf(policy), ...others };
    return new Gateway(native, await carryOut(native, order));
  }

  /** Ends the gateway, closes the clients that {@link Gateway.client} made, and waits for it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#clients.splice(0).forEach((client) => client.close());
    await carryOut(this.#native, { do: "stop" });
    this.unref();
  }

  /** Has the process go on until the gateway is stopped, as it does from the start. */
  ref(): this {
    internals.keepAlive(this, !this.#isStopped);
    return this;
  }

  /** Takes {@link Gateway.ref} back: the process may end while the gateway runs. */
  unref(): this {
    internals.keepAlive(this, false);
    return this;
  }

  // ---- clients and their networks -----------------------------------------------------------------------------------

  /**
   * The network of one client by a name: a line of its own, which can be cut, stalled and slowed. The same name gives
   * the same network.
   *
   * @throws {TestKitError} once the gateway is stopped.
   */
  async network(name: string): Promise<Network> {
    if (this.#isStopped) {
      throw new TestKitError("the gateway is stopped");
    }
    let network = this.#networks.get(name);
    if (!network) {
      network = new Network(this.#native, name, await carryOut(this.#native, { do: "urlOf", client: name }));
      this.#networks.set(name, network);
    }
    return network;
  }

  /** Settings for a client on that network, as a device that is always the same: for `configure` or `new Client`. */
  async settings(name: string): Promise<Settings> {
    return (await this.network(name)).settings;
  }

  /** As {@link Gateway.settings}, as environment variables: for a program of its own. */
  async environment(name: string): Promise<Record<string, string>> {
    const settings: Settings = await this.settings(name);
    const given = internals.SETTINGS.filter(({ property }) => settings[property] !== undefined);
    return Object.fromEntries(given.map(({ property, env }) => [env, String(settings[property])]));
  }

  /** A client on that network, with more settings if wanted. {@link Gateway.stop} closes it. */
  async client(name: string, options: Partial<ClientOptions> = {}): Promise<Client> {
    const settings = await this.settings(name);
    const client = new Client({ sdkAppID: this.sdkAppID, ...settings, ...options });
    this.#clients.push(client);
    return client;
  }

  // ---- tickets ------------------------------------------------------------------------------------------------------

  /** A ticket that is good for so many seconds (default a day) from `time` on (default now, in gateway time). */
  sign(userID: string, { expireSeconds = 86_400, time }: { expireSeconds?: number; time?: Date } = {}): string {
    if (time && Number.isNaN(time.getTime())) {
      throw new TestKitError("the time is no date");
    }
    return carryOutNow(this.#native, { do: "sign", user: userID, expireSeconds, atMs: time?.getTime() });
  }

  /** Gateway time. */
  now(): Date {
    return new Date(carryOutNow<number>(this.#native, { do: "now" }));
  }

  // ---- what an operator does ----------------------------------------------------------------------------------------

  /**
   * Kicks a user on all devices and revokes the tickets signed so far. Returns from when on a new one is good: pass it
   * to {@link Gateway.sign} as `time`.
   *
   * @throws {TestKitError} 70107 for a user who never logged in.
   */
  async kick(userID: string): Promise<Date> {
    return new Date(await carryOut<number>(this.#native, { do: "kick", user: userID }));
  }

  /** Disables an account, which ends its sessions. As {@link Gateway.kick} for who never logged in. */
  disable(userID: string): Promise<void> {
    return carryOut(this.#native, { do: "disable", user: userID });
  }

  /** Enables an account again. */
  enable(userID: string): Promise<void> {
    return carryOut(this.#native, { do: "enable", user: userID });
  }

  /** Makes the tickets of a user's sessions count as expired, now. */
  expireNow(userID: string): Promise<void> {
    return carryOut(this.#native, { do: "expireNow", user: userID });
  }

  /** A user's sessions, oldest first. */
  async sessions(userID: string): Promise<Session[]> {
    type Told = Omit<Session, "expires"> & { expiresMs: number };
    const sessions = await carryOut<Told[]>(this.#native, { do: "sessions", user: userID });
    return sessions.map(({ expiresMs, ...session }) => ({ ...session, expires: new Date(expiresMs) }));
  }

  /** Sets who may be online beside whom. Acts at the next login. */
  setPolicy(policy: PolicyOrPreset): Promise<void> {
    return carryOut(this.#native, { do: "setPolicy", policy: policyOf(policy) });
  }

  /** Sets whether a device that was kicked while offline is told so by 6208. */
  setOfflineKickError(on: boolean): Promise<void> {
    return carryOut(this.#native, { do: "setOfflineKickError", on });
  }

  /** How many logins the gateway has acknowledged since it started. */
  logins(): Promise<number> {
    return carryOut(this.#native, { do: "logins" });
  }

  // ---- the world ----------------------------------------------------------------------------------------------------

  /** Moves the gateway's clock by so many milliseconds, back if negative, and tells connected clients. */
  moveClock(byMs: number): Promise<void> {
    return carryOut(this.#native, { do: "moveClock", byMs });
  }

  /** Makes a store in memory refuse writes, or take them again. */
  failWrites(fail: boolean): Promise<void> {
    return carryOut(this.#native, { do: "failWrites", fail });
  }

  /** Ends the gateway at once and starts it again on the same port and store; every connection is lost. */
  restart(): Promise<void> {
    return carryOut(this.#native, { do: "restart" });
  }

  /** Tells clients to connect elsewhere, waits until they have left, and has the gateway back after a while. */
  drain(backAfterMs: number): Promise<void> {
    return carryOut(this.#native, { do: "drain", backAfterMs });
  }

  // ---- waiting ------------------------------------------------------------------------------------------------------

  /**
   * Waits until a user has exactly so many sessions, connected or not.
   *
   * @throws {TimeoutError} when the time is over.
   */
  waitForSessions(userID: string, count: number, options: WaitOptions = {}): Promise<void> {
    return waitUntil(this.#native, { sessions: { user: userID, count } }, options);
  }

  /** Waits until exactly so many sessions of a user have a connection. */
  waitForConnected(userID: string, count: number, options: WaitOptions = {}): Promise<void> {
    return waitUntil(this.#native, { connected: { user: userID, count } }, options);
  }

  /** Waits until the gateway has acknowledged at least so many logins since it started. */
  waitForLogins(count: number, options: WaitOptions = {}): Promise<void> {
    return waitUntil(this.#native, { logins: count }, options);
  }
}

function policyOf(policy: PolicyOrPreset): Policy {
  return typeof policy === "string" ? { preset: policy } : policy;
}

async function waitUntil(
  native: BinaryGateway,
  condition: object,
  { timeoutMs = WAIT_MS, signal }: WaitOptions,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (signal?.aborted) {
      throw signal.reason;
    }
    const left = Math.max(0, Math.ceil(deadline - performance.now()));
    const slice = Math.min(left, WAIT_SLICE_MS);
    try {
      return await carryOut(native, { do: "waitUntil", condition, timeoutMs: slice });
    } catch (error) {
      if (!(error instanceof TimeoutError) || left <= WAIT_SLICE_MS) {
        throw error;
      }
    }
  }
}

/** The network of one client. Every fault holds for that client alone, and no byte passes once the call has returned. */
export class Network {
  readonly #native: BinaryGateway;
  readonly #name: string;
  /** The address for this client. */
  readonly url: string;

  /** Not for tests: see {@link Gateway.network}. */
  constructor(native: BinaryGateway, name: string, url: string) {
    this.#native = native;
    this.#name = name;
    this.url = url;
  }

  get #deviceId(): string {
    return carryOutNow(this.#native, { do: "deviceIdOf", client: this.#name });
  }

  /** Settings for a client here, as the device that the name stands for. */
  get settings(): Settings {
    return { serverUrl: this.url, allowPlain: true, deviceId: this.#deviceId };
  }

  /** Open connections are reset; new ones pass. */
  cut(): void {
    this.#fault("cut");
  }

  /** The network is lost: open connections are reset, and no new one passes. */
  down(): void {
    this.#fault("down");
  }

  /** No new connection passes; open ones live on. */
  refuse(): void {
    this.#fault("refuse");
  }

  /** Nothing passes in either direction, and nobody is told. */
  stall(): void {
    this.#fault("stall");
  }

  /** Each byte arrives so many milliseconds later. */
  delay(ms: number): void {
    this.#fault({ delay: ms });
  }

  /** Every fault ends. */
  restore(): void {
    this.#fault("restore");
  }

  /** How many connections are open here. */
  get connections(): number {
    return carryOutNow(this.#native, { do: "connections", client: this.#name });
  }

  /**
   * Waits until exactly so many connections are open here.
   *
   * @throws {TimeoutError} when the time is over.
   */
  waitForConnections(count: number, options: WaitOptions = {}): Promise<void> {
    return waitUntil(this.#native, { connections: { client: this.#name, count } }, options);
  }

  #fault(fault: string | { delay: number }): void {
    carryOutNow(this.#native, { do: "fault", client: this.#name, fault });
  }
}
