/** Clients and listeners that were closed are collected, with what the library has for them. */

import { Client } from "tessera-im";
import { allocated, given, host, run, statusOf } from "./host";

declare function setTimeout(callback: () => void, delay: number): void;

const COUNT = Number(host.arguments[0]);
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function use(refs: WeakRef<object>[]): Promise<void> {
  const client = new Client({ sdkAppID: Number(given("SDK_APP_ID")) });
  const listener = { onClosed: () => {} };
  client.on("connectSuccess", listener.onClosed);
  await client.login("alice", given("USER_SIG"));
  client.close();
  refs.push(new WeakRef(client), new WeakRef(listener.onClosed));
}

async function round(): Promise<WeakRef<object>[]> {
  const refs: WeakRef<object>[] = [];
  for (let n = 0; n < COUNT; n += 1) {
    await use(refs);
  }
  for (let n = 0; n < 5; n += 1) {
    await pause(20);
    host.collectGarbage();
  }
  return refs;
}

run(async () => {
  // What is made once is made by then.
  await round();
  await round();
  const before = allocated();
  const refs = await round();
  const left = refs.filter((ref) => ref.deref() !== undefined).length;
  host.print(`${left} of ${refs.length} left, ${allocated() - before} kB more, ${statusOf("Threads")} threads`);
});
