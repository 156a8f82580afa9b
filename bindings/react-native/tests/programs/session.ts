/** A session from initSDK to a kick, with what its callbacks see. */

import { LogLevelEnum, setLogListener, TencentImSDKPlugin, type V2TimSDKListener } from "tessera-im";
import { given, host, run } from "./host";

const manager = TencentImSDKPlugin.v2TIMManager;

run(async () => {
  let isInCall = false;
  let onKicked = () => {};
  const kicked = new Promise<void>((resolve) => (onKicked = resolve));
  const heard = (what: string) => host.print(`${what}${isInCall ? " inside a call" : ""}`);
  const told = (what: string) => heard(`${what} ${manager.status} ${manager.loginUser || "-"}`);
  let logged = 0;
  setLogListener(() => (logged += 1));
  const listener: V2TimSDKListener = {
    // Status and user are the newest (C3): by now they may be those after the login.
    onConnecting: () => heard("connecting"),
    onConnectSuccess: () => heard("connected"),
    onKickedOfflineEx: ({ reason, time }) => {
      told(`kicked by ${reason} ${time > 0}`);
      onKicked();
    },
  };
  isInCall = true;
  const initialised = manager.initSDK(Number(given("SDK_APP_ID")), LogLevelEnum.V2TIM_LOG_DEBUG, listener);
  const login = manager.login("alice", given("USER_SIG"));
  isInCall = false;
  told(JSON.stringify(await initialised));
  told(JSON.stringify(await login));
  host.print("logged in");
  await kicked;
  const again = await manager.login("alice", given("USER_SIG"));
  host.print(`again ${again.code} ${again.error?.needsNewTicket}`);
  await manager.unInitSDK();
  setLogListener(null);
  host.print(`${logged > 0 ? "with" : "without"} a log`);
});
