/** A worker that listens to the log, and ends with records on their way to it. */

import { parentPort, workerData } from "node:worker_threads";
import { Client, setLogListener } from "tessera-im";

const { url } = workerData as { url: string };

setLogListener(() => {});
new Client({ sdkAppID: 1400000001, serverUrl: url, allowPlain: true, logLevel: "debug" }).ref();
// Records come, and this thread does not get round to taking them.
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
parentPort!.postMessage("ending");
process.exit(0);
