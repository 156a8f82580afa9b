/** Listeners that throw, or whose promises are rejected, and one behind them. */

import { TencentImSDKPlugin } from "tessera-im";
import { given, host, run } from "./host";

declare const console: { warn(warning: Error): void };

run(async () => {
  console.warn = (warning) => host.print(`${warning.name}: ${String(warning.cause)}`);
  const manager = TencentImSDKPlugin.v2TIMManager;
  manager.addIMSDKListener({
    onConnectSuccess: () => {
      throw new Error("thrown");
    },
  });
  manager.addIMSDKListener({ onConnectSuccess: () => Promise.reject(new Error("rejected")) as unknown as void });
  manager.addIMSDKListener({ onConnectSuccess: () => host.print("heard") });
  await manager.initSDK(Number(given("SDK_APP_ID")));
  const { code } = await manager.login("alice", given("USER_SIG"));
  host.print(`login ${code}`);
  await manager.unInitSDK();
});
