/** Reloads with logins in flight and sessions open; the last life says what is left. */

import { Client, configure, TencentImSDKPlugin } from "tessera-im";
import { allocated, given, host, run, statusOf } from "./host";

const RELOADS = Number(host.arguments[0]);
const manager = TencentImSDKPlugin.v2TIMManager;
const sdkAppID = Number(given("SDK_APP_ID"));

/** A login somewhere between its start and its result, and a session that nobody closes. */
async function live(): Promise<void> {
  await manager.initSDK(sdkAppID);
  void manager.login("alice", given("USER_SIG"));
  const bare = new Client({ sdkAppID });
  void bare.login("alice", given("USER_SIG"));
  if (host.life % 3 === 0) {
    await manager.login("alice", given("USER_SIG"));
  }
  for (let n = 0; n < host.life % 5; n += 1) {
    await Promise.resolve();
  }
  host.reload();
}

if (host.life === 2) {
  host.print(`early ${statusOf("Threads")} threads ${allocated()} kB`);
}
if (host.life < RELOADS) {
  void live();
} else {
  run(async () => {
    host.print(`late ${statusOf("Threads")} threads ${allocated()} kB`);
    configure({ deviceId: "f".repeat(32) });
    await manager.initSDK(sdkAppID);
    host.print(`login ${(await manager.login("bob", given("OTHER_SIG"))).code}`);
    await manager.unInitSDK();
  });
}
