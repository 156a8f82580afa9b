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

/** Listeners in the order of their adding. */
export class Listeners<L> {
  /** Replaced by each change, never changed, so that a call under way keeps those that it began with. */
  #listeners: readonly L[] = [];

  add(listener: L): void {
    if (!this.#listeners.includes(listener)) {
      this.#listeners = [...this.#listeners, listener];
    }
  }

  remove(listener: L): void {
    this.#listeners = this.#listeners.filter((known) => known !== listener);
  }

  clear(): void {
    this.#listeners = [];
  }

  get size(): number {
    return this.#listeners.length;
  }

  /** Calls each. One that throws hurts nobody else; one that is removed meanwhile is not called. */
  each(what: string, call: (listener: L) => unknown): void {
    const listeners = this.#listeners;
    for (const listener of listeners) {
      if (listeners === this.#listeners || this.#listeners.includes(listener)) {
        guarded(what, call, listener);
      }
    }
  }
}

/** Runs code of the host: what it throws, now or as a rejected promise, becomes a warning. */
export function guarded<A extends unknown[]>(what: string, run: (...args: A) => unknown, ...args: A): void {
  try {
    const returned = run(...args);
    if (isThenable(returned)) {
      returned.then(undefined, (cause: unknown) => native().warn(new ListenerWarning(what, cause)));
    }
  } catch (cause) {
    native().warn(new ListenerWarning(what, cause));
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}

/** Whatever was thrown may throw again when it is looked at. */
function textOf(cause: unknown): string {
  try {
    return cause instanceof Error ? cause.message : String(cause);
  } catch {
    return "something that has no text";
  }
}
