/** Turns what the library gives into what the TypeScript layer takes. Numbers of 64 bits come as `bigint`. */

import {
  EventKind,
  type Failure,
  type Kicked,
  type NativeEvent,
  type Stamp,
} from "../../typescript/src/native";
import * as library from "../generated/tessera";

let statuses: ReadonlyMap<library.LoginStatus, number> | undefined;

export function stampOf(stamp: library.Stamp): Stamp {
  return { epoch: Number(stamp.epoch), status: statusNumber(stamp.status), user: stamp.user ?? "" };
}

/** A status by V2TIM's number, which the library's table has. */
function statusNumber(status: library.LoginStatus): number {
  statuses ??= new Map(library.loginStatuses("react_native").map((row) => [row.status, row.number]));
  return statuses.get(status)!;
}

export function failureOf(info: library.ErrorInfo): Failure {
  const { code, desc, retryable, retryAfterMs } = info;
  return { code, desc, retryable, retryAfterMs: retryAfterMs === undefined ? null : Number(retryAfterMs) };
}

export function eventOf({ stamp, init, kind }: library.Event): NativeEvent {
  return { ...stampOf(stamp), init: Number(init), ...partsOf(kind) };
}

function partsOf(kind: library.EventKind): Pick<NativeEvent, "kind" | "detail"> {
  const { EventKind_Tags: tags } = library;
  switch (kind.tag) {
    case tags.Completed: {
      const { call, error } = kind.inner;
      return { kind: EventKind.Completed, detail: { call: Number(call), error: error && failureOf(error) } };
    }
    case tags.Connecting:
      return { kind: EventKind.Connecting, detail: null };
    case tags.ConnectSuccess:
      return { kind: EventKind.ConnectSuccess, detail: null };
    case tags.ConnectFailed:
      return { kind: EventKind.ConnectFailed, detail: failureOf(kind.inner.error) };
    case tags.Disconnected:
      return { kind: EventKind.Disconnected, detail: failureOf(kind.inner.error) };
    case tags.KickedOffline:
      return { kind: EventKind.KickedOffline, detail: kickedOf(kind.inner.kick) };
    case tags.UserSigExpired:
      return { kind: EventKind.UserSigExpired, detail: null };
    case tags.TicketRequest: {
      const { request, user } = kind.inner;
      return { kind: EventKind.TicketRequest, detail: { request: Number(request), user } };
    }
  }
}

function kickedOf({ reason, platform, atMs, code }: library.Kick): Kicked {
  return {
    reason: snakeCase(library.KickReason[reason]!),
    platform: platform === undefined ? null : snakeCase(library.Platform[platform]!),
    time: Number(atMs),
    code: code ?? null,
  };
}

/** Names as the core spells them: `TicketRefused` is `ticket_refused`. */
function snakeCase(name: string): string {
  return name.replace(/\B[A-Z]/g, "_$&").toLowerCase();
}
