// The login status, as V2TIM's React Native documentation shows it; only the package's name is another.

import { TencentImSDKPlugin } from "tessera-im";

export let told = "";

const getLoginStatusRes = await TencentImSDKPlugin.v2TIMManager.getLoginStatus();
if (getLoginStatusRes.code == 0) {
  const status = getLoginStatusRes.data;
  if (status == 0) {
    told = "logged in";
  } else if (status == 1) {
    told = "logging in";
  } else if (status == 2) {
    told = "not logged in";
  }
}
