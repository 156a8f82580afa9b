// The user id, as V2TIM's React Native documentation shows it; only the package's name is another.

import { TencentImSDKPlugin } from "tessera-im";

export let userID: string | undefined;

const getLoginUserRes = await TencentImSDKPlugin.v2TIMManager.getLoginUser();
if (getLoginUserRes.code == 0) {
  userID = getLoginUserRes.data;
}
