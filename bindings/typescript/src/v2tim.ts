/**
 * V2TIM's manager with the names, shapes and numbers of its React Native documentation: promises that resolve to
 * `{code, desc, data?}` and never reject. It is the shared client of the process and holds no rule of its own.
 */

import { Engine, type TicketProvider } from "./engine";
import type { TesseraError } from "./errors";
import { type Kick, kickOf, type TellingKind } from "./events";
import { type ConnectionStatus, LOG_LEVEL_NAMES, type LogLevelEnum, type LoginStatus } from "./generated/status";
import type { Settings } from "./generated/settings";
import { SDK_VERSION } from "./generated/versions";
import { Listeners } from "./listeners";
import { EventKind, type Failure, type Kicked, native, type NativeEvent } from "./native";

/** The result of a call: `code` is 0 for success, else a number of the code table. */
export interface V2TimCallback {
  code: number;
  desc: string;
  /** Of a failure, what V2TIM has no field for: whether a retry or a new ticket can help. */
  error?: TesseraError;
}

/** The result of a call that gives something. */
export interface V2TimValueCallback<T> extends V2TimCallback {
  data?: T;
}

/** A profile of V2TIM. It is outside the session layer, so there is never a value of it. */
export interface V2TimUserFullInfo {
  readonly [field: string]: unknown;
}

/** A presence of V2TIM. It is outside the session layer, so there is never a value of it. */
export interface V2TimUserStatus {
  readonly [field: string]: unknown;
}

/** A message setting of V2TIM. It is outside the session layer, so there is never a value of it. */
export interface V2TimReceiveMessageOptInfo {
  readonly [field: string]: unknown;
}

/**
 * What can be heard. Callbacks run one at a time, in order, on the event loop, never inside the call that caused them.
 * They may call the manager. One that throws, or whose promise is rejected, becomes a warning.
 */
export interface V2TimSDKListener {
  /** The connection is being made, at first or again. */
  onConnecting?(): void;
  /** The connection is there. */
  onConnectSuccess?(): void;
  /** A try to connect has failed; the next follows by itself. */
  onConnectFailed?(code: number, error: string): void;
  /** Somebody else ended the session: nobody is logged in, and the SDK does not log in again by itself. */
  onKickedOffline?(): void;
  /** As `onKickedOffline`, with the reason, and called instead of it. V2TIM has no such event. */
  onKickedOfflineEx?(kick: Kick): void;
  /** The ticket has expired: nobody is logged in. Get a new one and log in. */
  onUserSigExpired?(): void;
  /** Never fires: profiles are outside the session layer. Declared so that code written for V2TIM compiles. */
  onSelfInfoUpdated?(info: V2TimUserFullInfo): void;
  /** Never fires: presence is outside the session layer. */
  onUserStatusChanged?(userStatusList: V2TimUserStatus[]): void;
  /** Never fires: profiles are outside the session layer. */
  onUserInfoChanged?(userInfoList: V2TimUserFullInfo[]): void;
  /** Never fires: messages are outside the session layer. */
  onAllReceiveMessageOptChanged?(info: V2TimReceiveMessageOptInfo): void;
  /** Never fires: there is no experimental API here. */
  onExperimentalNotify?(key: string, param: unknown): void;
}

let configured: Settings = {};

/**
 * Settings of the shared client, to be called before `initSDK`; a later call adds to an earlier one, and `undefined`
 * takes a value back. They win over the platform's own (environment, manifest, plist).
 *
 * @example
 * configure({ serverUrl: "wss://chat.example.com" });
 */
export function configure(settings: Settings): void {
  const given = Object.entries({ ...configured, ...settings }).filter(([, value]) => value !== undefined);
  configured = Object.fromEntries(given);
}

/** Not for apps: returns what takes back every {@link configure} from now on. */
export function keepConfigured(): () => void {
  const before = configured;
  return () => {
    configured = before;
  };
}

/** The manager of V2TIM. There is one, {@link TencentImSDKPlugin}.v2TIMManager. */
export class V2TIMManager {
  readonly #engine = new Engine(true, (kind, detail) => this.#tell(kind, detail));
  readonly #listeners = new Listeners<V2TimSDKListener>();
  #lastError: TesseraError | undefined;

  /**
   * Initialises, and connects unless the settings say otherwise. `data` is false if that failed, and `code` says why:
   * 6017 for a wrong app id or setting, 90101 while initialised with another app, 6018 without a thread. With the same
   * app while initialised it succeeds: the first settings are kept, and the listener is added.
   */
  initSDK(
    sdkAppID: number,
    logLevel?: LogLevelEnum,
    listener?: V2TimSDKListener,
  ): Promise<V2TimValueCallback<boolean>> {
    const level = typeof logLevel === "number" ? LOG_LEVEL_NAMES[logLevel] : undefined;
    const settings: Settings = level === undefined ? configured : { logLevel: level, ...configured };
    this.#lastError = this.#engine.init(sdkAppID, settings);
    if (this.#lastError) {
      return Promise.resolve({ ...refused(this.#lastError), data: false });
    }
    this.addIMSDKListener(listener);
    return succeeded(true);
  }

  /**
   * Ends everything: the session is logged out without waiting for the gateway, listeners are forgotten, calls that
   * wait get 7009. All that has happened when it returns, and `initSDK` may follow at once; the promise resolves when
   * those who waited have seen their 7009.
   */
  unInitSDK(): Promise<V2TimCallback> {
    this.#engine.unInit();
    this.#listeners.clear();
    return native().nextTask().then(success);
  }

  /**
   * Logs in. 6206, 70001 and 70052 mean that a new `userSig` is needed; every other code is explained in
   * docs/error-codes.md.
   */
  login(userID: string, userSig: string): Promise<V2TimCallback> {
    return this.#engine.login(userID, userSig).result.then(success, refused);
  }

  /** Logs out. Succeeds when nobody is logged in. */
  logout(): Promise<V2TimCallback> {
    return this.#engine.logout().result.then(success, refused);
  }

  /** The user in `data`; an empty text unless logged in. */
  getLoginUser(): Promise<V2TimValueCallback<string>> {
    return succeeded(this.#engine.user);
  }

  /** 0 logged in, 1 logging in, 2 logged out, in `data`. */
  getLoginStatus(): Promise<V2TimValueCallback<number>> {
    return succeeded<number>(this.#engine.status);
  }

  /** Version of the SDK, in `data`. */
  getVersion(): Promise<V2TimValueCallback<string>> {
    return succeeded(SDK_VERSION);
  }

  /** Gateway time as Unix seconds, in `data`; 0 until the gateway told it. */
  getServerTime(): Promise<V2TimValueCallback<number>> {
    return succeeded(Math.floor((this.#engine.serverTime ?? 0) / 1000));
  }

  // ---- what V2TIM's React Native package has no name for ------------------------------------------------------------

  /** Adds a listener, before or after `initSDK`; the same one twice counts once. `unInitSDK` forgets it. */
  addIMSDKListener(listener: V2TimSDKListener | null | undefined): void {
    if (listener) {
      this.#listeners.add(listener);
    }
  }

  /** Removes a listener: it is not called any more. */
  removeIMSDKListener(listener: V2TimSDKListener): void {
    this.#listeners.remove(listener);
  }

  /** The login status without a promise. */
  get status(): LoginStatus {
    return this.#engine.status;
  }

  /** The user without a promise; empty unless logged in. */
  get loginUser(): string {
    return this.#engine.user;
  }

  /** State of the connection, which moves without the login status. */
  get connectionStatus(): ConnectionStatus {
    return this.#engine.connectionStatus;
  }

  /** Why the last `initSDK` failed; `undefined` if it did not. */
  get lastError(): TesseraError | undefined {
    return this.#lastError;
  }

  /** The network is available, or the app is in the foreground: reconnect or probe now, at most once a second. */
  notifyNetworkAvailable(): void {
    this.#engine.hint();
  }

  /**
   * Who is asked for a new ticket before the old one expires; it is put under the session without an event. An error
   * ends no session: the provider is asked again later. `unInitSDK` forgets it, and so does `null`.
   */
  setTicketProvider(provider: TicketProvider | null): void {
    this.#engine.setTicketProvider(provider);
  }

  #tell(kind: TellingKind, detail: NativeEvent["detail"]): void {
    switch (kind) {
      case EventKind.Connecting:
        return this.#listeners.each("onConnecting", (listener) => listener.onConnecting?.());
      case EventKind.ConnectSuccess:
        return this.#listeners.each("onConnectSuccess", (listener) => listener.onConnectSuccess?.());
      case EventKind.ConnectFailed: {
        const { code, desc } = detail as Failure;
        return this.#listeners.each("onConnectFailed", (listener) => listener.onConnectFailed?.(code, desc));
      }
      case EventKind.Disconnected:
        return; // V2TIM has this event in its C API alone.
      case EventKind.KickedOffline:
        return this.#tellKick(kickOf(detail as Kicked));
      case EventKind.UserSigExpired:
        return this.#listeners.each("onUserSigExpired", (listener) => listener.onUserSigExpired?.());
    }
  }

  /** One call for each listener: one that removes itself in it must hear nothing more (C19). */
  #tellKick(kick: Kick): void {
    this.#listeners.each("onKickedOffline", (listener) =>
      listener.onKickedOfflineEx ? listener.onKickedOfflineEx(kick) : listener.onKickedOffline?.(),
    );
  }
}

function success(): V2TimCallback {
  return { code: 0, desc: "ok" };
}

function succeeded<T>(data: T): Promise<V2TimValueCallback<T>> {
  return Promise.resolve({ ...success(), data });
}

function refused(error: TesseraError): V2TimCallback {
  return { code: error.code, desc: error.desc, error };
}

let manager: V2TIMManager | undefined;

/** V2TIM's entry. */
export const TencentImSDKPlugin = {
  /** The one manager, made when it is asked for first. */
  get v2TIMManager(): V2TIMManager {
    manager ??= new V2TIMManager();
    return manager;
  },
};
