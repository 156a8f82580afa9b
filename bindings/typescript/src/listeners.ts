/** Who listens: any number, each once, and none that is called after its removal (C19). */

import { native } from "./native";

/** A listener threw, or the promise that it returned was rejected; `cause` is what it threw. */
export class ListenerWarning extends Error {
  override readonly name = "ListenerWarning";

  constructor(
    what: string,
    override readonly cause: unknown,
  ) {
    super(`${what} failed: ${textOf(cause)}`);
  }
}

/** One adding of a listener: who is removed and added again hears the next event, not the one under way. */
interface Entry<L> {
  readonly listener: L;
}

/** Listeners in the order of their adding. */
export class Listeners<L> {
  /** Replaced by each change, never changed, so that a call under way keeps those that it began with. */
  #entries: readonly Entry<L>[] = [];

  add(listener: L): void {
    if (!this.#entries.some((entry) => entry.listener === listener)) {
      this.#entries = [...this.#entries, { listener }];
    }
  }

  remove(listener: L): void {
    this.#entries = this.#entries.filter((entry) => entry.listener !== listener);
  }

  clear(): void {
    this.#entries = [];
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Calls each. One that throws hurts nobody else; one that is removed meanwhile is not called. */
  each(what: string, call: (listener: L) => unknown): void {
    const entries = this.#entries;
    for (const entry of entries) {
      if (entries === this.#entries || this.#entries.includes(entry)) {
        guarded(what, call, entry.listener);
      }
    }
  }
}

/** Runs code of the host: what it throws, now or as a rejected promise, becomes a warning. */
export function guarded<A extends unknown[]>(what: string, run: (...args: A) => unknown, ...args: A): void {
  try {
    const returned = run(...args);
    if (isThenable(returned)) {
      returned.then(undefined, (cause: unknown) => warnOf(what, cause));
    }
  } catch (cause) {
    warnOf(what, cause);
  }
}

/** Never throws: whoever delivers would stop for ever. */
function warnOf(what: string, cause: unknown): void {
  try {
    native().warn(new ListenerWarning(what, cause));
  } catch {
    // The host does not let itself be warned.
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}

/** Whatever was thrown may throw again when it is looked at. */
function textOf(cause: unknown): string {
  try {
    return String(cause instanceof Error ? cause.message : cause);
  } catch {
    return "something that has no text";
  }
}
