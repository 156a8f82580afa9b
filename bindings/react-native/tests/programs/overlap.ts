/** A reload whose next runtime is made before the one before has ended: the next one gets all that it waits for. */

import { Client, configure, setLogListener, TencentImSDKPlugin } from "tessera-im";
import { given, host, run } from "./host";

const manager = TencentImSDKPlugin.v2TIMManager;
const sdkAppID = Number(given("SDK_APP_ID"));

async function logIn(user: string, ticket: string): Promise<void> {
  setLogListener(() => {});
  await manager.initSDK(sdkAppID);
  const { code } = await manager.login(user, ticket);
  host.print(`${host.life}: login ${code}`);
}

/** Goes with a session, a log, a call, and a wait of another client under way, and what it hears it says. */
async function first(): Promise<void> {
  await logIn("alice", given("USER_SIG"));
  const other = new Client({ sdkAppID });
  other.on("connectSuccess", () => host.print("heard by what has ended"));
  void other.login("alice", given("USER_SIG")).then(() => host.print("answered by what has ended"));
  host.reload(true);
}

async function second(): Promise<void> {
  configure({ deviceId: "f".repeat(32) });
  await logIn("bob", given("OTHER_SIG"));
  // The session before is gone, and this one is not hurt by its end.
  host.print(`${host.life}: logout ${(await manager.logout()).code}`);
  await manager.unInitSDK();
}

if (host.life === 0) {
  void first();
} else {
  run(second);
}
