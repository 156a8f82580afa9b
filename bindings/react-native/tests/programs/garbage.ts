/** Clients and listeners that were closed are collected, with what the library has for them. */

import { Client } from "tessera-im";
import { allocated, given, host, run, settled, statusOf } from "./host";

const COUNT = Number(host.arguments[0]);

async function use(refs: WeakRef<object>[]): Promise<void> {
  const client = new Client({ sdkAppID: Number(given("SDK_APP_ID")) });
  const listener = { onClosed: () => {} };
  client.on("connectSuccess", listener.onClosed);
  await client.login("alice", given("USER_SIG"));
  client.close();
  refs.push(new WeakRef(client), new WeakRef(listener.onClosed));
}

/** What was used, and how many kilobytes are allocated after it. */
async function round(): Promise<[WeakRef<object>[], number]> {
  const refs: WeakRef<object>[] = [];
  for (let n = 0; n < COUNT; n += 1) {
    await use(refs);
  }
  const [kilobytes] = await settled(() => [allocated()]);
  return [refs, kilobytes!];
}

run(async () => {
  // What is made once is made by then.
  await round();
  const [, before] = await round();
  const [refs, after] = await round();
  const left = refs.filter((ref) => ref.deref() !== undefined).length;
  host.print(`${left} of ${refs.length} left, ${after - before} kB more, ${statusOf("Threads")} threads`);
});
