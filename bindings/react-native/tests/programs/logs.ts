/** The log of the process, which another runtime closes while this one listens. */

import { configure, LogLevelEnum, setLogListener, TencentImSDKPlugin } from "tessera-im";
import { given, host, pause, run } from "./host";

declare const global: { NativeTessera: Record<string, (...given: unknown[]) => unknown> };

const library = global.NativeTessera;
const WAIT = "ubrn_uniffi_tessera_uniffi_fn_func_wait_for_logs";
const CLOSE = "ubrn_uniffi_tessera_uniffi_fn_func_close_logs";
const manager = TencentImSDKPlugin.v2TIMManager;
const sdkAppID = Number(given("SDK_APP_ID"));

/** How often anybody has begun to wait for the log. */
let waits = 0;
const wait = library[WAIT]!;
library[WAIT] = (...given) => {
  waits += 1;
  return wait(...given);
};

/** Listens anew, and hears a line: a further init says in the log that it is one. */
async function hear(): Promise<void> {
  const heard = new Promise<void>((resolve) => setLogListener(() => resolve()));
  void manager.initSDK(sdkAppID);
  await heard;
}

/** Whether nobody begins to wait any more. */
async function isQuiet(): Promise<boolean> {
  for (let look = 0; look < 100; look += 1) {
    const before = waits;
    await pause(100);
    if (waits === before) {
      return true;
    }
  }
  return false;
}

run(async () => {
  configure({ connectAtInit: false });
  await manager.initSDK(sdkAppID, LogLevelEnum.V2TIM_LOG_INFO);
  await hear();
  host.print("heard");
  // As the package does in the other runtime.
  library[CLOSE]!({ code: 0 });
  host.print((await isQuiet()) ? "quiet" : "waits again and again");
  await hear();
  for (let tasks = 0; tasks < 20; tasks += 1) {
    // Closed here and opened again, the wait may find either.
    setLogListener(null);
    for (let n = 0; n < tasks; n += 1) {
      await Promise.resolve();
    }
    await hear();
  }
  host.print("heard again");
  await manager.unInitSDK();
  setLogListener(null);
});
