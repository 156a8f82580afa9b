/** A client's events as an async iterator, for code that would rather await them than be called. */

import type { ClientEvent } from "./events";
import { EVENTS_WAITING_MAX } from "./generated/settings";

type Result = IteratorResult<ClientEvent, undefined>;

/** Events that wait for whoever iterates. */
export class EventStream implements AsyncIterableIterator<ClientEvent> {
  #waiting: ClientEvent[] = [];
  readonly #takers: ((result: Result) => void)[] = [];
  #hasEnded = false;
  readonly #onEnd: (stream: EventStream) => void;

  constructor(onEnd: (stream: EventStream) => void) {
    this.#onEnd = onEnd;
  }

  /** Adds an event. Of connect events that wait in great number only the newest are kept (C18). */
  push(event: ClientEvent): void {
    if (this.#hasEnded) {
      return;
    }
    const taker = this.#takers.shift();
    if (taker) {
      return taker({ value: event, done: false });
    }
    if (isConnectEvent(event) && this.#waiting.length >= EVENTS_WAITING_MAX) {
      this.#waiting = this.#waiting.filter((waiting) => !isConnectEvent(waiting));
    }
    this.#waiting.push(event);
  }

  /** Nothing follows; what waits can still be taken. */
  end(): void {
    this.#hasEnded = true;
    this.#onEnd(this);
    this.#takers.splice(0).forEach((taker) => taker({ value: undefined, done: true }));
  }

  next(): Promise<Result> {
    const event = this.#waiting.shift();
    if (event) {
      return Promise.resolve({ value: event, done: false });
    }
    if (this.#hasEnded) {
      return Promise.resolve({ value: undefined, done: true });
    }
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** Whoever iterates has stopped. */
  return(): Promise<Result> {
    this.#waiting = [];
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function isConnectEvent(event: ClientEvent): boolean {
  switch (event.type) {
    case "connecting":
    case "connectSuccess":
    case "connectFailed":
    case "disconnected":
      return true;
    case "kickedOffline":
    case "userSigExpired":
      return false;
  }
}
