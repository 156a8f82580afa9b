/** Signing tickets, for servers and tests: an app has no business with the secret key. */

import { binary } from "./native";

/** What goes into a ticket. */
export interface TicketOptions {
  /** The SDKAppID. */
  sdkAppID: number;
  /** The app's secret key, as the console or the gateway's configuration shows it. */
  secretKey: string;
  userID: string;
  /** For how many seconds it is good; default a day. */
  expireSeconds?: number;
  /** From when on, as Unix seconds; default now. */
  time?: number;
  /** Bytes that are signed along; the gateway gives them no meaning. */
  userBuf?: Uint8Array;
}

const DAY_SECONDS = 86_400;

/**
 * Signs a ticket (UserSig).
 *
 * @throws {TypeError} for a value of another type.
 * @throws {Error} for an empty key, a user id that is none, a lifetime that is none, or a `userBuf` that is too long.
 *
 * @example
 * const userSig = sign({ sdkAppID: 1400000001, secretKey, userID: "alice" });
 */
export function sign(options: TicketOptions): string {
  const { sdkAppID, secretKey, userID, expireSeconds = DAY_SECONDS, time, userBuf } = options;
  for (const [name, value] of Object.entries({ sdkAppID, expireSeconds, time: time ?? 0 })) {
    requireType(name, value, "number");
  }
  for (const [name, value] of Object.entries({ secretKey, userID })) {
    requireType(name, value, "string");
  }
  const now = time === undefined ? Date.now() : time * 1000;
  return binary.signTicket(sdkAppID, secretKey, userID, expireSeconds, now, userBuf);
}

/** The value itself is not told: it may be the key. */
function requireType(name: string, value: unknown, type: "number" | "string"): void {
  if (typeof value !== type) {
    throw new TypeError(`\`${name}\` has to be a ${type}, not ${value === null ? "null" : typeof value}`);
  }
}
