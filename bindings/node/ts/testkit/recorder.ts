/** Hears what a client tells, and lets a test wait for it. */

import type { Client, Kick, V2TimSDKListener } from "../index";
import { WAIT_MS, type WaitOptions } from "./gateway";
import { TimeoutError } from "./orders";

/** What was heard: the event by its name in `Client`, and what came with it. */
export type Heard =
  | { readonly type: "connecting" | "connectSuccess" | "userSigExpired" }
  | { readonly type: "connectFailed" | "disconnected"; readonly code: number; readonly desc: string }
  | { readonly type: "kickedOffline"; readonly kick: Kick };

/**
 * Hears every event. It is a listener of V2TIM, and can also be put on a `Client`, which alone tells `disconnected`.
 *
 * @example
 * const heard = new Recorder();
 * await manager.initSDK(gateway.sdkAppID, LogLevelEnum.V2TIM_LOG_INFO, heard);
 * await gateway.kick("alice");
 * const { kick } = await heard.next("kickedOffline");
 */
export class Recorder implements V2TimSDKListener {
  /** Everything that was heard so far, in order. */
  readonly events: Heard[] = [];
  #looked = 0;
  readonly #waiting = new Set<() => void>();

  /** Hears the events of a client from now on. */
  static on(client: Client): Recorder {
    const recorder = new Recorder();
    client.on("connecting", recorder.onConnecting);
    client.on("connectSuccess", recorder.onConnectSuccess);
    client.on("connectFailed", ({ code, desc }) => recorder.onConnectFailed(code, desc));
    client.on("disconnected", ({ code, desc }) => recorder.#hear({ type: "disconnected", code, desc }));
    client.on("kickedOffline", recorder.onKickedOfflineEx);
    client.on("userSigExpired", recorder.onUserSigExpired);
    return recorder;
  }

  readonly onConnecting = () => this.#hear({ type: "connecting" });
  readonly onConnectSuccess = () => this.#hear({ type: "connectSuccess" });
  readonly onConnectFailed = (code: number, desc: string) => this.#hear({ type: "connectFailed", code, desc });
  readonly onKickedOfflineEx = (kick: Kick) => this.#hear({ type: "kickedOffline", kick });
  readonly onUserSigExpired = () => this.#hear({ type: "userSigExpired" });

  /**
   * The next event of this type that no call has returned yet; those before it are passed over.
   *
   * @throws {TimeoutError} when the time is over; the message tells what was heard instead.
   */
  async next<T extends Heard["type"]>(type: T, options: WaitOptions = {}): Promise<Heard & { readonly type: T }> {
    const { timeoutMs = WAIT_MS, signal } = options;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const at = this.events.findIndex((event, at) => at >= this.#looked && event.type === type);
      if (at >= 0) {
        this.#looked = at + 1;
        return this.events[at] as Heard & { readonly type: T };
      }
      if (signal?.aborted) {
        throw signal.reason;
      }
      const left = deadline - performance.now();
      if (left <= 0) {
        const instead = this.events.slice(this.#looked).map((event) => event.type);
        throw new TimeoutError(`waited for ${type}, but heard ${instead.join(", ") || "nothing"}`);
      }
      await this.#news(left, signal);
    }
  }

  #hear(event: Heard): void {
    this.events.push(event);
    this.#waiting.forEach((wake) => wake());
  }

  async #news(withinMs: number, signal: WaitOptions["signal"]): Promise<void> {
    let wake = () => {};
    const woken = new Promise<void>((resolve) => (wake = resolve));
    const timer = setTimeout(wake, withinMs);
    this.#waiting.add(wake);
    signal?.addEventListener("abort", wake);
    await woken;
    signal?.removeEventListener("abort", wake);
    this.#waiting.delete(wake);
    clearTimeout(timer);
  }
}
