/** Errors with the numbers that V2TIM publishes. */

import { CODES, type CodeRow, type ErrorKind } from "./generated/codes";
import type { Failure } from "./native";

/** Why a call failed. Its subclasses say what it is about. */
export class TesseraError extends Error {
  override readonly name: string = "TesseraError";
  /** The number of the code table (docs/error-codes.md). */
  readonly code: number;
  /** A sentence for a person; never holds a ticket. */
  readonly desc: string;
  /** Whether the same call can succeed later without a change. */
  readonly retryable: boolean;
  /** When to try again at the earliest, in milliseconds, if the gateway said so. */
  readonly retryAfterMs: number | undefined;
  /** Whether a new ticket is what helps: for 6206, 70001 and 70052 only. */
  readonly needsNewTicket: boolean;
  /** What the error is about, coarse and stable. */
  readonly kind: ErrorKind;

  constructor(failure: Failure) {
    super(`${failure.code}: ${failure.desc}`);
    const row = rowOf(failure.code);
    this.code = failure.code;
    this.desc = failure.desc;
    this.retryable = failure.retryable;
    this.retryAfterMs = failure.retryAfterMs ?? undefined;
    this.needsNewTicket = row?.[4] ?? false;
    this.kind = kindOf(row);
  }
}

/** A parameter is wrong; the same call will fail again. */
export class ArgumentError extends TesseraError {
  override readonly name = "ArgumentError";
}

/** The call does not fit the state that the client is in. */
export class StateError extends TesseraError {
  override readonly name = "StateError";
}

/** The gateway was not reached or did not answer. */
export class NetworkError extends TesseraError {
  override readonly name = "NetworkError";
}

/** The ticket was refused. Only if {@link TesseraError.needsNewTicket} says so does a new one help. */
export class TicketError extends TesseraError {
  override readonly name = "TicketError";
}

/** The account or the app is unknown or disabled. */
export class AccountError extends TesseraError {
  override readonly name = "AccountError";
}

/** The session was ended by somebody else. */
export class KickedError extends TesseraError {
  override readonly name = "KickedError";
}

/** A limit was met. */
export class LimitError extends TesseraError {
  override readonly name = "LimitError";
}

/** A fault of the gateway or of this library. */
export class InternalError extends TesseraError {
  override readonly name = "InternalError";
}

const CLASSES: Record<ErrorKind, new (failure: Failure) => TesseraError> = {
  account: AccountError,
  argument: ArgumentError,
  internal: InternalError,
  kicked: KickedError,
  limit: LimitError,
  network: NetworkError,
  state: StateError,
  ticket: TicketError,
};

/** The error of a failure, in the class of its kind. */
export function errorOf(failure: Failure): TesseraError {
  return new CLASSES[kindOf(rowOf(failure.code))](failure);
}

/** The error of a code with a text, or with the table's own. */
export function errorOfCode(code: number, desc?: string): TesseraError {
  return errorOf(failureOfCode(code, desc));
}

/** As {@link errorOfCode}, before it is an error. */
export function failureOfCode(code: number, desc?: string): Failure {
  const row = rowOf(code);
  return { code, desc: desc ?? row?.[5] ?? "unknown error", retryable: row?.[3] ?? false };
}

/** A number of a newer gateway has no row; it counts as a fault of somebody else. */
function kindOf(row: CodeRow | undefined): ErrorKind {
  return row === undefined || row[2] === "success" ? "internal" : row[2];
}

let rows: ReadonlyMap<number, CodeRow> | undefined;

function rowOf(code: number): CodeRow | undefined {
  rows ??= new Map(CODES.map((row) => [row[0], row]));
  return rows.get(code);
}
