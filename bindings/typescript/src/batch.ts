/** Reads a batch of events from a native module; `bindings/batch` is the other end. */

import { EventKind, type Failure, type Kicked, type NativeEvent } from "./native";

/** The events of a batch. */
export function eventsOf(text: string): NativeEvent[] {
  const reader = new Reader(JSON.parse(text) as unknown[]);
  const events: NativeEvent[] = [];
  while (reader.hasMore) {
    const kind = reader.next() as EventKind;
    events.push({
      kind,
      init: reader.next() as number,
      epoch: reader.next() as number,
      status: reader.next() as number,
      user: reader.next() as string,
      detail: detailOf(kind, reader),
    });
  }
  return events;
}

class Reader {
  #at = 0;
  #description = "";
  readonly #parts: readonly unknown[];

  constructor(parts: readonly unknown[]) {
    this.#parts = parts;
  }

  get hasMore(): boolean {
    return this.#at < this.#parts.length;
  }

  next(): unknown {
    return this.#parts[this.#at++];
  }

  /** A description, which is left out where it is that of the failure before. */
  nextDescription(): string {
    const part = this.next();
    if (typeof part === "string") {
      this.#description = part;
    }
    return this.#description;
  }
}

function detailOf(kind: EventKind, reader: Reader): NativeEvent["detail"] {
  switch (kind) {
    case EventKind.Completed: {
      const call = reader.next() as number;
      return reader.next() === true ? { call } : { call, error: failureOf(reader) };
    }
    case EventKind.ConnectFailed:
    case EventKind.Disconnected:
      return failureOf(reader);
    case EventKind.KickedOffline:
      return kickedOf(reader);
    case EventKind.TicketRequest:
      return { request: reader.next() as number, user: reader.next() as string };
    case EventKind.Connecting:
    case EventKind.ConnectSuccess:
    case EventKind.UserSigExpired:
      return null;
  }
}

function failureOf(reader: Reader): Failure {
  return {
    code: reader.next() as number,
    desc: reader.nextDescription(),
    retryable: reader.next() as boolean,
    retryAfterMs: reader.next() as number | null,
  };
}

function kickedOf(reader: Reader): Kicked {
  return {
    reason: reader.next() as string,
    platform: reader.next() as string | null,
    time: reader.next() as number,
    code: reader.next() as number | null,
  };
}
