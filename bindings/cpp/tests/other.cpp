// See other.hpp. And every event of V2TIM, overridden as an app would.

#include "other.hpp"

namespace {

class EveryEvent final : public V2TIMSDKListener {
public:
    void OnConnecting() override {}
    void OnConnectSuccess() override {}
    void OnConnectFailed(int error_code, const V2TIMString &error_message) override { last_ = error_code, text_ = error_message; }
    void OnKickedOffline() override {}
    void OnUserSigExpired() override {}
    void OnSelfInfoUpdated(const V2TIMUserFullInfo &info) override {
        text_ = info.userID, text_ = info.nickName, text_ = info.faceURL, text_ = info.selfSignature;
        last_ = static_cast<int>(info.role + info.level + info.birthday + info.modifyFlag);
        last_ += static_cast<int>(info.customInfo.Size() + info.customInfo.Count("key"));
        V2TIMBuffer value = info.customInfo.Get("key");
        text_ = V2TIMString(reinterpret_cast<const char *>(value.Data()), value.Size());
        const TXV2TIMStringVector keys = info.customInfo.AllKeys();
        for (size_t at = 0; at < keys.Size(); at++) {
            text_ = keys[at];
        }
        last_ += info.gender == V2TIM_GENDER_FEMALE || info.gender == V2TIM_GENDER_MALE;
        switch (info.allowType) {
        case V2TIM_FRIEND_ALLOW_ANY:
        case V2TIM_FRIEND_NEED_CONFIRM:
        case V2TIM_FRIEND_DENY_ANY: last_++;
        }
    }
    void OnUserStatusChanged(const V2TIMUserStatusVector &userStatusList) override {
        for (size_t i = 0; i < userStatusList.Size(); i++) {
            last_ = userStatusList[i].statusType;
            text_ = userStatusList[i].userID, text_ = userStatusList[i].customStatus;
        }
    }
    void OnUserInfoChanged(const V2TIMUserFullInfoVector &userInfoList) override {
        last_ = static_cast<int>(userInfoList.Size());
    }
    void OnAllReceiveMessageOptChanged(const V2TIMReceiveMessageOptInfo &info) override {
        text_ = info.userID;
        last_ = info.receiveOpt == V2TIM_NOT_RECEIVE_MESSAGE_EXCEPT_AT;
    }
    void onExperimentalNotify(const V2TIMString &key, const V2TIMBaseObject &param) override {
        text_ = key;
        last_ = param.obj_ptr != nullptr;
    }

private:
    int last_ = 0;
    V2TIMString text_;
};

/// An object of V2TIM's may have more to it.
struct Named final : public V2TIMBaseObject {
    ~Named() override = default;
    V2TIMString name;
};

class Sent final : public V2TIMSendCallback {
public:
    void OnSuccess(const V2TIMMessage &) override {}
    void OnError(int, const V2TIMString &) override {}
    void OnProgress(uint32_t) override {}
};

class Complete final : public V2TIMCompleteCallback<V2TIMString> {
public:
    void OnComplete(int, const V2TIMString &, const V2TIMString &) override {}
};

} // namespace

V2TIMManager *manager_of_another_unit() {
    EveryEvent listener;
    Sent sent;
    Complete complete;
    V2TIMManager::GetInstance()->AddSDKListener(&listener);
    V2TIMManager::GetInstance()->RemoveSDKListener(&listener);
    return V2TIMManager::GetInstance();
}
