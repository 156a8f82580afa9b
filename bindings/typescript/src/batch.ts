/** Reads a batch of events from a native module; `bindings/batch` is the other end. */

import { EventKind, type EventStamp, type Failure, type Kicked, type NativeEvent } from "./native";

/** Stands where a kind would, before the stamp of the events from there on. */
const STAMP = -1;

/** The events of a batch. Those in a row that have the same stamp, or the same failure, share it. */
export function eventsOf(text: string): NativeEvent[] {
  const reader = new Reader(JSON.parse(text) as unknown[]);
  const events: NativeEvent[] = [];
  let stamp: EventStamp | undefined;
  while (reader.hasMore) {
    const kind = reader.next() as EventKind | typeof STAMP;
    if (kind === STAMP) {
      stamp = stampOf(reader);
    } else {
      events.push({ kind, stamp: stamp as EventStamp, detail: detailOf(kind, reader) });
    }
  }
  return events;
}

class Reader {
  #at = 0;
  #failure: Failure | undefined;
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

  /** A failure; `null` is written for one that is as the one before. */
  nextFailure(): Failure {
    const code = this.next() as number | null;
    if (code !== null) {
      this.#failure = {
        code,
        desc: this.next() as string,
        retryable: this.next() as boolean,
        retryAfterMs: this.next() as number | null,
      };
    }
    return this.#failure as Failure;
  }
}

function stampOf(reader: Reader): EventStamp {
  return {
    init: reader.next() as number,
    epoch: reader.next() as number,
    status: reader.next() as number,
    user: reader.next() as string,
  };
}

function detailOf(kind: EventKind, reader: Reader): NativeEvent["detail"] {
  switch (kind) {
    case EventKind.Completed: {
      const call = reader.next() as number;
      return reader.next() === true ? { call } : { call, error: reader.nextFailure() };
    }
    case EventKind.ConnectFailed:
    case EventKind.Disconnected:
      return reader.nextFailure();
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

function kickedOf(reader: Reader): Kicked {
  return {
    reason: reader.next() as string,
    platform: reader.next() as string | null,
    time: reader.next() as number,
    code: reader.next() as number | null,
  };
}
