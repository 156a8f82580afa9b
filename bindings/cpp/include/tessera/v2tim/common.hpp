// What a client is initialised with, and the types of events outside of the session layer.

#ifndef TESSERA_V2TIM_COMMON_HPP
#define TESSERA_V2TIM_COMMON_HPP

#include <cstdint>

#include "string.hpp"
#include "tables.hpp"

class V2TIMLogListener;

/// The configuration of InitSDK. What is not set here comes from the environment (C23): code that was written for V2TIM
/// needs no new line.
struct V2TIMSDKConfig : public TesseraSettings {
    /// Taken, without effect.
    V2TIMString initPath;
    /// Taken, without effect: the log goes to `logListener`.
    V2TIMString logPath;
    /// Lowest level of what is logged. The default leaves it to the environment.
    V2TIMLogLevel logLevel = V2TIM_LOG_DEBUG;
    /// Gets the log of the process, on the SDK's thread, until UnInitSDK.
    V2TIMLogListener *logListener = nullptr;
};

/// Types of events that never fire here. They have the fields that overrides of those events are likely to read.
struct V2TIMBaseObject {
    void *obj_ptr = nullptr;
};

enum V2TIMUserStatusType {
    V2TIM_USER_STATUS_UNKNOWN = 0,
    V2TIM_USER_STATUS_ONLINE = 1,
    V2TIM_USER_STATUS_OFFLINE = 2,
    V2TIM_USER_STATUS_UNLOGINED = 3,
};

struct V2TIMUserStatus {
    V2TIMString userID;
    V2TIMUserStatusType statusType = V2TIM_USER_STATUS_UNKNOWN;
    V2TIMString customStatus;
};
using V2TIMUserStatusVector = V2TIMVector<V2TIMUserStatus>;

struct V2TIMUserInfo {
    V2TIMString userID;
    V2TIMString nickName;
    V2TIMString faceURL;
};

struct V2TIMUserFullInfo : public V2TIMUserInfo {
    V2TIMString selfSignature;
    uint32_t role = 0;
    uint32_t level = 0;
    uint32_t birthday = 0;
    V2TIMCustomInfo customInfo;
    uint32_t modifyFlag = 0;
};
using V2TIMUserFullInfoVector = V2TIMVector<V2TIMUserFullInfo>;

struct V2TIMReceiveMessageOptInfo {
    V2TIMString userID;
};

#endif
