/** What apps import, on every platform. */

export { type AbortSignalLike, type CallOptions, Client } from "./client";
export type { ClientEvents, ClientListener, ClientOptions } from "./client";
export type { TicketProvider } from "./engine";
export type { ClientEvent, Kick, KickReason } from "./events";
export {
  AccountError,
  ArgumentError,
  InternalError,
  KickedError,
  LimitError,
  NetworkError,
  StateError,
  TesseraError,
  TicketError,
} from "./errors";
export { ErrorCode, type ErrorKind } from "./generated/codes";
export type { Settings } from "./generated/settings";
export {
  ConnectionStatus,
  LoginStatus,
  LogLevelEnum,
  type LogLevelName,
  type Platform,
  V2TIM_STATUS_LOGINED,
  V2TIM_STATUS_LOGINING,
  V2TIM_STATUS_LOGOUT,
} from "./generated/status";
export { SDK_VERSION } from "./generated/versions";
export { ListenerWarning } from "./listeners";
export { type LogListener, setLogListener } from "./log";
export { configure, TencentImSDKPlugin, V2TIMManager } from "./v2tim";
export type {
  V2TimCallback,
  V2TimReceiveMessageOptInfo,
  V2TimSDKListener,
  V2TimUserFullInfo,
  V2TimUserStatus,
  V2TimValueCallback,
} from "./v2tim";
