/** What the system tells of the foreground and of networks has the library try again at once. */

import { configure, LogLevelEnum, TencentImSDKPlugin } from "tessera-im";
import { given, host, run } from "./host";

declare function require(name: "react-native"): { system: { goTo(state: string): void; findNetwork(): void } };

const { system } = require("react-native");
const manager = TencentImSDKPlugin.v2TIMManager;

run(async () => {
  let onFailed = () => {};
  const failure = () => new Promise<void>((resolve) => (onFailed = resolve));
  // Nobody listens at port 9, and without a hint the next try is a minute away.
  configure({
    serverUrl: "ws://127.0.0.1:9",
    allowPlain: true,
    hintIntervalMs: 0,
    reconnectDelayMinMs: 60_000,
    reconnectDelayMaxMs: 600_000,
  });
  const first = failure();
  await manager.initSDK(Number(given("SDK_APP_ID")), LogLevelEnum.V2TIM_LOG_NONE, { onConnectFailed: () => onFailed() });
  await first;
  host.print("failed");
  const back = failure();
  ["inactive", "background", "inactive", "active"].forEach((state) => system.goTo(state));
  await back;
  host.print("failed after a return to the foreground");
  const online = failure();
  system.findNetwork();
  await online;
  host.print("failed after a network");
  await manager.unInitSDK();
});
