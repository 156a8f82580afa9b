/** Prints what failed, and in the end a line of counts that `cargo xtask test` reads. */

import type { TestEvent } from "node:test/reporters";

async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for await (const event of events) {
    if (event.type === "test:stdout" || event.type === "test:stderr") {
      yield event.data.message;
    } else if (event.type === "test:pass") {
      // A file is a test, too, whose tests are those that count.
      skipped += event.data.skip ? 1 : 0;
      passed += event.data.skip || isFile(event.data) ? 0 : 1;
    } else if (event.type === "test:fail") {
      failed += 1;
      yield `FAILED  ${event.data.name}\n${describe(event.data.details.error)}\n`;
    }
  }
  yield `${passed} passed, ${failed} failed, ${skipped} skipped\n`;
}

export = report;

function isFile({ name }: { name: string }): boolean {
  return /\.[cm]?js$/.test(name);
}

function describe(error: { cause?: unknown; stack?: string }): string {
  const causes: string[] = [];
  for (let cause = error.cause ?? error; cause; cause = (cause as { cause?: unknown }).cause ?? "") {
    causes.push((cause as Error).stack ?? String(cause));
  }
  return causes.join("\ncaused by: ");
}
