/** Reloads with logins in flight and sessions open. Some lives say how much there is, and the last logs in. */

import { Client, configure, setLogListener, TencentImSDKPlugin } from "tessera-im";
import { allocated, given, host, run, settled, statusOf } from "./host";

const RELOADS = Number(host.arguments[0]);
/** What a life does repeats after so many; each as many lives, one says how much there is. */
const PATTERN = 12;
const manager = TencentImSDKPlugin.v2TIMManager;
const sdkAppID = Number(given("SDK_APP_ID"));

/** A login somewhere between its start and its result, and a session that nobody closes. */
async function live(): Promise<void> {
  if (host.life % PATTERN === 0) {
    await measure();
  }
  setLogListener(() => {});
  await manager.initSDK(sdkAppID);
  void manager.login("alice", given("USER_SIG"));
  const bare = new Client({ sdkAppID });
  void bare.login("alice", given("USER_SIG"));
  if (host.life % 3 === 0) {
    await manager.login("alice", given("USER_SIG"));
  }
  for (let n = 0; n < host.life % 4; n += 1) {
    await Promise.resolve();
  }
  host.reload(host.life % 4 === 1);
}

/** What lives before have left behind, once their threads have ended. */
async function measure(): Promise<void> {
  const [threads, kilobytes] = await settled(() => [statusOf("Threads"), allocated()]);
  host.print(`${host.life} reloads: ${threads} threads ${kilobytes} kB ${statusOf("VmRSS")} kB resident`);
}

if (host.life < RELOADS) {
  void live();
} else {
  run(async () => {
    await measure();
    configure({ deviceId: "f".repeat(32) });
    await manager.initSDK(sdkAppID);
    host.print(`login ${(await manager.login("bob", given("OTHER_SIG"))).code}`);
    await manager.unInitSDK();
  });
}
