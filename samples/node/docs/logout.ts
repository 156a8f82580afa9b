// Logout, as V2TIM's React Native documentation shows it; only the package's name is another.

import { TencentImSDKPlugin } from "tessera-im";

export let isLoggedOut = false;

const logoutRes = await TencentImSDKPlugin.v2TIMManager.logout();
if (logoutRes.code == 0) {
  isLoggedOut = true;
  await TencentImSDKPlugin.v2TIMManager.unInitSDK();
}
