/** Memory: logins and clients come and go, and leave nothing behind. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "tessera-im";
import { withGateway } from "tessera-im/testkit";
import { collectGarbage, isFull, memory } from "./support";

const CYCLES = isFull ? 100_000 : 3_000;
const CLIENTS = isFull ? 20_000 : 1_000;

/** What was collected of the things that it was given. */
class Collection<Name> {
  readonly names: Name[] = [];
  private readonly registry = new FinalizationRegistry<Name>((name) => this.names.push(name));

  add(thing: object, name: Name): void {
    this.registry.register(thing, name);
  }

  /** Collects garbage until so many are in, or for a while. */
  async wait(count: number): Promise<Name[]> {
    const deadline = performance.now() + 10_000;
    while (this.names.length < count && performance.now() < deadline) {
      await collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.names;
  }
}
/** They stay here: a registry that is collected itself tells nothing any more. */
const collections: unknown[] = [];

test(`${CYCLES} logins and logouts of one client leave no memory behind`, withGateway(async (gateway) => {
  const client = await gateway.client("phone");
  const userSig = gateway.sign("alice");
  const cycles = async (count: number) => {
    for (let n = 0; n < count; n += 1) {
      await client.login("alice", userSig);
      await client.logout();
    }
  };
  await cycles(CYCLES / 10);
  const before = await memory();
  await cycles(CYCLES);
  const after = await memory();
  const heap = (after.heap - before.heap) / CYCLES;
  const rss = (after.rss - before.rss) / CYCLES;
  console.log(`${heap.toFixed(1)} bytes of heap and ${rss.toFixed(1)} resident bytes a login`);
  assert.ok(after.heap - before.heap < 1 << 20, `${heap} bytes of heap a login`);
  assert.ok(after.rss - before.rss < 24 << 20, `${rss} resident bytes a login`);
}));

test(`${CLIENTS} clients that were closed are collected`, withGateway(async (gateway) => {
  const { deviceId: _, ...settings } = await gateway.settings("phone");
  const collection = new Collection<number>();
  collections.push(collection);
  for (let n = 0; n < CLIENTS; n += 1) {
    const client = new Client({ sdkAppID: gateway.sdkAppID, ...settings, connectAtInit: n % 10 === 0 });
    client.on("connectSuccess", () => client.loginUser);
    collection.add(client, n);
    client.login("alice", "no ticket").catch(() => {});
    client.close();
  }
  // The last one may still be in a register.
  const { length } = await collection.wait(CLIENTS - 1);
  assert.ok(length >= CLIENTS - 1, `${length} of ${CLIENTS}`);
}));

test("a listener that was taken away is collected, and an open client is not", withGateway(async (gateway) => {
  const collection = new Collection<string>();
  collections.push(collection);
  const kept = await gateway.client("phone");
  (() => {
    const listener = () => {};
    collection.add(listener, "listener");
    kept.on("connecting", listener).off("connecting", listener);
    const closed = new Client({ sdkAppID: gateway.sdkAppID, serverUrl: gateway.url, allowPlain: true });
    collection.add(closed, "closed");
    closed.close();
    // Nobody has this one any more, but it is open: its session must not end by chance.
    collection.add(new Client({ sdkAppID: gateway.sdkAppID, serverUrl: gateway.url, allowPlain: true }), "open");
  })();
  assert.deepEqual((await collection.wait(2)).sort(), ["closed", "listener"]);
}));
