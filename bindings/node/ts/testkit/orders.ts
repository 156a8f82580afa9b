/** The way to the test kit inside the native module: orders and outcomes as JSON (`bindings/node/src/testkit.rs`). */

import { internals } from "../index";

/** Why the test kit did not do something. */
export class TestKitError extends Error {
  override readonly name: string = "TestKitError";
  /** The gateway's code if it refused something, such as 70107 for a user who never logged in. */
  readonly code: number | undefined;

  constructor(message: string, code?: number) {
    super(message);
    this.code = code;
  }
}

/** The time is over, and what was waited for is not so; the message tells what there was instead. */
export class TimeoutError extends TestKitError {
  override readonly name = "TimeoutError";
}

/** An order: what to do, and what it needs. */
export interface Order {
  readonly do: string;
  readonly [field: string]: unknown;
}

/** What of the native module serves the test kit. */
export interface BinaryGateway {
  order(order: string): Promise<string>;
  orderNow(order: string): string;
}

/** A gateway in the native module, on which nothing runs yet. */
export function newGateway(): BinaryGateway {
  return new (internals.binary as unknown as { TestGateway: new () => BinaryGateway }).TestGateway();
}

/** Carries out an order on the thread pool. */
export async function carryOut<T>(gateway: BinaryGateway, order: Order): Promise<T> {
  return valueOf<T>(await gateway.order(JSON.stringify(order)));
}

/** Carries out an order that takes no time. */
export function carryOutNow<T>(gateway: BinaryGateway, order: Order): T {
  return valueOf<T>(gateway.orderNow(JSON.stringify(order)));
}

interface Refusal {
  kind: "argument" | "start" | "refused" | "timedOut" | "stopped";
  code: number | null;
  message: string;
}

function valueOf<T>(text: string): T {
  const { value, error } = JSON.parse(text) as { value: T; error?: Refusal };
  if (error) {
    const kind = error.kind === "timedOut" ? TimeoutError : TestKitError;
    throw new kind(error.message, error.code ?? undefined);
  }
  return value;
}
