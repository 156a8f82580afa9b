// What a client is initialised with, and the types of events outside of the session layer.

#ifndef TESSERA_V2TIM_COMMON_HPP
#define TESSERA_V2TIM_COMMON_HPP

#include <cstdint>

#include "string.hpp"
#include "tables.hpp"

class V2TIMLogListener;

/// A `V2TIMLogLevel` that knows whether it was assigned: to set V2TIM's default is not to leave it to the environment.
class TesseraLogLevel {
public:
    TesseraLogLevel() = default;
    TesseraLogLevel(V2TIMLogLevel level) : level_(level), is_set_(true) {}
    operator V2TIMLogLevel() const { return level_; }
    /// For code that changes it through a reference. V2TIM's default that comes this way does not count as set.
    operator V2TIMLogLevel &() { return level_; }

    bool IsSet() const { return is_set_ || level_ != V2TIM_LOG_DEBUG; }

private:
    V2TIMLogLevel level_ = V2TIM_LOG_DEBUG;
    bool is_set_ = false;
};

/// The configuration of InitSDK. What is not set here comes from the environment (C23): code that was written for V2TIM
/// needs no new line.
struct V2TIMSDKConfig : public TesseraSettings {
    /// Taken, without effect.
    V2TIMString initPath;
    /// Taken, without effect: the log goes to `logListener`.
    V2TIMString logPath;
    /// Lowest level of what is logged. One that was assigned holds; else the environment's does.
    TesseraLogLevel logLevel;
    /// Gets the log of the process, on the SDK's thread, until UnInitSDK.
    V2TIMLogListener *logListener = nullptr;
};

/// Types of events that never fire here, with the fields of V2TIM's, so that overrides of those events compile. Names and
/// numbers are those of the vendor's public headers `V2TIMFriendship.h` and `V2TIMMessage.h` (reference:
/// im.sdk.qcloud.com/doc), as of 2021 and later.
struct V2TIMBaseObject {
    void *obj_ptr = nullptr;

    V2TIMBaseObject() = default;
    V2TIMBaseObject(const V2TIMBaseObject &) = default;
    V2TIMBaseObject &operator=(const V2TIMBaseObject &) = default;
    virtual ~V2TIMBaseObject() = default;
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
using TXV2TIMUserStatusVector = V2TIMUserStatusVector;

struct V2TIMUserInfo {
    V2TIMString userID;
    V2TIMString nickName;
    V2TIMString faceURL;

    V2TIMUserInfo() = default;
    V2TIMUserInfo(const V2TIMUserInfo &) = default;
    V2TIMUserInfo &operator=(const V2TIMUserInfo &) = default;
    virtual ~V2TIMUserInfo() = default;
};
using V2TIMUserInfoVector = V2TIMVector<V2TIMUserInfo>;
using TXV2TIMUserInfoVector = V2TIMUserInfoVector;

enum V2TIMGender {
    V2TIM_GENDER_UNKNOWN = 0,
    V2TIM_GENDER_MALE = 1,
    V2TIM_GENDER_FEMALE = 2,
};

enum V2TIMFriendAllowType {
    V2TIM_FRIEND_ALLOW_ANY = 0,
    V2TIM_FRIEND_NEED_CONFIRM = 1,
    V2TIM_FRIEND_DENY_ANY = 2,
};

struct V2TIMUserFullInfo : public V2TIMUserInfo {
    V2TIMString selfSignature;
    V2TIMGender gender = V2TIM_GENDER_UNKNOWN;
    uint32_t role = 0;
    uint32_t level = 0;
    uint32_t birthday = 0;
    V2TIMFriendAllowType allowType = V2TIM_FRIEND_ALLOW_ANY;
    V2TIMCustomInfo customInfo;
    uint32_t modifyFlag = 0;
};
using V2TIMUserFullInfoVector = V2TIMVector<V2TIMUserFullInfo>;
using TXV2TIMUserFullInfoVector = V2TIMUserFullInfoVector;

enum V2TIMReceiveMessageOpt {
    V2TIM_RECEIVE_MESSAGE = 0,
    V2TIM_NOT_RECEIVE_MESSAGE = 1,
    V2TIM_RECEIVE_NOT_NOTIFY_MESSAGE = 2,
    V2TIM_RECEIVE_NOT_NOTIFY_MESSAGE_EXCEPT_AT = 3,
    V2TIM_NOT_RECEIVE_MESSAGE_EXCEPT_AT = 4,
};

struct V2TIMReceiveMessageOptInfo {
    V2TIMString userID;
    V2TIMReceiveMessageOpt receiveOpt = V2TIM_RECEIVE_MESSAGE;
};

#endif
