/** A worker that opens the log and closes it again in turn with its parent, which opens it while it is closed here. */

import { workerData } from "node:worker_threads";
import { setLogListener } from "tessera-im";

const { memory, rounds } = workerData as { memory: SharedArrayBuffer; rounds: number };
/** How often this worker has opened the log, how often it was to close it, and how often its parent has had a line. */
const [OPENED, CLOSING, HEARD] = [0, 1, 2];
const counts = new Int32Array(memory);

async function main(): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    setLogListener(() => {});
    Atomics.store(counts, OPENED, round);
    while (Atomics.load(counts, CLOSING) < round) {
      // To be as fast as can be.
    }
    setLogListener(null);
    // What was on its way here is taken meanwhile.
    while (Atomics.load(counts, HEARD) < round) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

void main();
