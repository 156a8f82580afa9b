/** What can happen to a client: as the core tells it, and as apps get it. */

import { errorOf, type TesseraError } from "./errors";
import type { Platform } from "./generated/status";
import { EventKind, type Failure, type Kicked, type NativeEvent } from "./native";

/** Why somebody else ended the session: `policy` is a newer login, `other` a reason of a newer gateway. */
export type KickReason = "policy" | "admin" | "revoked" | "disabled" | "ticket_refused" | "other";

/** A kick: why, and when in Unix milliseconds of gateway time. */
export interface Kick {
  readonly reason: KickReason;
  /** The platform of the device that took the place, for `policy`. */
  readonly platform: Platform | undefined;
  readonly time: number;
  /** The gateway's code, for `ticket_refused`. */
  readonly code: number | undefined;
}

/** What happened to a client. */
export type ClientEvent =
  | { readonly type: "connecting" }
  | { readonly type: "connectSuccess" }
  | { readonly type: "connectFailed"; readonly error: TesseraError }
  | { readonly type: "disconnected"; readonly error: TesseraError }
  | { readonly type: "kickedOffline"; readonly kick: Kick }
  | { readonly type: "userSigExpired" };

/** Events that a listener hears. Results and questions to the ticket provider are not among them. */
export type TellingKind = Exclude<EventKind, EventKind.Completed | EventKind.TicketRequest>;

/** The names of the events. */
export const TYPES: Readonly<Record<TellingKind, ClientEvent["type"]>> = {
  [EventKind.Connecting]: "connecting",
  [EventKind.ConnectSuccess]: "connectSuccess",
  [EventKind.ConnectFailed]: "connectFailed",
  [EventKind.Disconnected]: "disconnected",
  [EventKind.KickedOffline]: "kickedOffline",
  [EventKind.UserSigExpired]: "userSigExpired",
};

/** An event as apps get it. Making an error costs more than telling an event, so it is done where somebody listens. */
export function clientEventOf(kind: TellingKind, detail: NativeEvent["detail"]): ClientEvent {
  switch (kind) {
    case EventKind.ConnectFailed:
      return { type: "connectFailed", error: errorOf(detail as Failure) };
    case EventKind.Disconnected:
      return { type: "disconnected", error: errorOf(detail as Failure) };
    case EventKind.KickedOffline:
      return { type: "kickedOffline", kick: kickOf(detail as Kicked) };
    case EventKind.Connecting:
      return { type: "connecting" };
    case EventKind.ConnectSuccess:
      return { type: "connectSuccess" };
    case EventKind.UserSigExpired:
      return { type: "userSigExpired" };
  }
}

/** A kick as apps get it. */
export function kickOf(kicked: Kicked): Kick {
  return {
    reason: kicked.reason as KickReason,
    platform: (kicked.platform ?? undefined) as Platform | undefined,
    time: kicked.time,
    code: kicked.code ?? undefined,
  };
}
