/** Turns what calls of the library give into what the TypeScript layer takes. Numbers of 64 bits come as `bigint`. */

import type { Failure, Stamp } from "../../typescript/src/native";
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
