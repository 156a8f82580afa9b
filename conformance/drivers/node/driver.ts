/** The conformance driver of Node: the common part on standard input and output. */

import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { begin, obey } from "../typescript/driver";

async function main(): Promise<void> {
  begin("node", (line) => writeSync(1, `${line}\n`));
  for await (const line of createInterface({ input: process.stdin })) {
    await obey(line);
  }
  process.exit();
}

// A listener that throws is part of the suite; its warning is not news.
process.removeAllListeners("warning");
void main();
