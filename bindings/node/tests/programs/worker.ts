/** A worker with logins in flight. It ends as it is told: by itself, by an exit, by an exception, or by its parent. */

import { parentPort, workerData } from "node:worker_threads";
import { Client, configure, LogLevelEnum, TencentImSDKPlugin } from "tessera-im";

const { url, ticket, way } = workerData as { url: string; ticket: string; way: string };
const sdkAppID = 1400000001;
const settings = { serverUrl: url, allowPlain: true };

configure({ ...settings, deviceId: "0123456789abcdef0123456789abcdef" });
const manager = TencentImSDKPlugin.v2TIMManager;
void manager.initSDK(sdkAppID, LogLevelEnum.V2TIM_LOG_NONE, { onConnectSuccess: () => {} });
const client = new Client({ sdkAppID, ...settings });
client.on("connectSuccess", () => {});
void manager.login("alice", ticket);
client.login("bob", ticket).catch(() => {});

switch (way) {
  case "terminate":
    parentPort!.postMessage("flying");
    client.ref();
    break;
  case "exit":
    process.exit(0);
  case "throw":
    throw new Error("nobody catches this");
  case "close":
    void manager.unInitSDK();
    client.close();
    break;
  case "result":
    // The process of a worker, too, goes on for as long as a call waits.
    void manager.login("alice", ticket).then(({ code }) => parentPort!.postMessage(code));
    break;
}
