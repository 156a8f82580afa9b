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
  readonly #listeners = new Set<L>();

  add(listener: L): void {
    this.#listeners.add(listener);
  }

  remove(listener: L): void {
    this.#listeners.delete(listener);
  }

  clear(): void {
    this.#listeners.clear();
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** Calls each. One that throws hurts nobody else; one that is removed meanwhile is not called. */
  each(what: string, call: (listener: L) => unknown): void {
    for (const listener of [...this.#listeners]) {
      if (this.#listeners.has(listener)) {
        guarded(what, () => call(listener));
      }
    }
  }
}

/** Runs code of the host: what it throws, now or as a rejected promise, becomes a warning. */
export function guarded(what: string, run: () => unknown): void {
  try {
    const returned = run();
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
