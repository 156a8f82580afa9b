// Initialisation, as V2TIM's React Native documentation shows it; only the package's name is another.

import { LogLevelEnum, TencentImSDKPlugin, type V2TimSDKListener } from "tessera-im";

const sdkAppID = Number(process.env["SDK_APP_ID"]);

const sdkListener: V2TimSDKListener = {
  onConnectFailed: (code, error) => {
    console.log("connect failed", code, error);
  },
  onConnectSuccess: () => {},
  onConnecting: () => {},
  onKickedOffline: () => {
    // Prompt the user, and call login again.
  },
  onSelfInfoUpdated: (info) => {
    console.log(info);
  },
  onUserSigExpired: () => {
    // Get a new userSig, and call login again.
  },
  onUserStatusChanged: (userStatusList) => {
    console.log(userStatusList);
  },
};

const initSDKRes = await TencentImSDKPlugin.v2TIMManager.initSDK(
  sdkAppID,
  LogLevelEnum.V2TIM_LOG_DEBUG,
  sdkListener,
);
export const isInitialised = initSDKRes.code === 0 && initSDKRes.data === true;
