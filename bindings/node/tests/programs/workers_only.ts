/** Loads the module in workers alone, so that the last of them may take it out of memory while its threads run. */

import { join } from "node:path";
import { Worker } from "node:worker_threads";

const [url, ticket] = process.argv.slice(2);

async function main(): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    const worker = new Worker(join(__dirname, "worker.js"), { workerData: { url, ticket, way: "terminate" } });
    await new Promise((resolve) => worker.once("message", resolve));
    await worker.terminate();
    // Long enough for the module's threads to do something where it was.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  console.log("20 workers ended");
}

void main();
