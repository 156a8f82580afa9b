// Login, as V2TIM's React Native documentation shows it; only the package's name is another.

import { TencentImSDKPlugin } from "tessera-im";

const userID = process.env["USER_ID"] ?? "";
const userSig = process.env["USER_SIG"] ?? "";
const res = await TencentImSDKPlugin.v2TIMManager.login(userID, userSig);
export let isLoggedIn = false;
if (res.code == 0) {
  isLoggedIn = true;
} else {
  console.error(res.code, res.desc);
}
