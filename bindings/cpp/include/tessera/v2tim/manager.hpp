// V2TIMManager: V2TIM's calls, each one call of the C library. There is no rule of the session layer in here.

#ifndef TESSERA_V2TIM_MANAGER_HPP
#define TESSERA_V2TIM_MANAGER_HPP

#include <cstdint>

#include "callback.hpp"
#include "common.hpp"
#include "detail.hpp"
#include "listener.hpp"
#include "provider.hpp"
#include "string.hpp"

/// V2TIM's manager: the one client of the process. All methods may be called from any thread, also in callbacks.
class V2TIMManager {
public:
    virtual ~V2TIMManager() = default;

    /// The one manager.
    static V2TIMManager *GetInstance();

    /// Adds a listener, before or after init. The same one twice counts once; UnInitSDK keeps none (C19).
    virtual void AddSDKListener(V2TIMSDKListener *listener) = 0;
    /// When it returns, no callback of the listener runs or will start, except the one that it was called from.
    virtual void RemoveSDKListener(V2TIMSDKListener *listener) = 0;

    /// False on failure, with the reason in `tessera::LastError()`. True again with the same app: the first
    /// configuration is kept (C9).
    virtual bool InitSDK(uint32_t sdkAppID, const V2TIMSDKConfig &config) = 0;
    /// Ends everything (C9): when it returns, every callback that was due has come, with 7009.
    virtual void UnInitSDK() = 0;

    virtual V2TIMString GetVersion() = 0;
    /// Gateway time in seconds of Unix time; 0 until the gateway told it.
    virtual int64_t GetServerTime() = 0;

    /// Logs in (C4 to C7, C10). Status and user are the new ones when it returns. The callback may be NULL. It is called
    /// later, on the SDK's thread, but in the child of a fork, which has no SDK: there the call itself calls it, with 6013.
    virtual void Login(const V2TIMString &userID, const V2TIMString &userSig, V2TIMCallback *callback) = 0;
    /// Logs out (C8). The callback as that of Login.
    virtual void Logout(V2TIMCallback *callback) = 0;
    /// The user; empty unless logged in (C21).
    virtual V2TIMString GetLoginUser() = 0;
    /// Three states: a logout under way reads as logged out (C2).
    virtual V2TIMLoginStatus GetLoginStatus() = 0;
};

namespace tessera::detail {

/// The manager over the C library.
class Manager final : public V2TIMManager {
public:
    void AddSDKListener(V2TIMSDKListener *listener) override {
        TesseraListener callbacks = callbacks_of(listener);
        tessera_add_listener(shared(), listener != nullptr ? &callbacks : nullptr);
    }

    void RemoveSDKListener(V2TIMSDKListener *listener) override {
        TesseraListener callbacks = callbacks_of(listener);
        tessera_remove_listener(shared(), listener != nullptr ? &callbacks : nullptr);
    }

    bool InitSDK(uint32_t sdkAppID, const V2TIMSDKConfig &config) override {
        // The first configuration is kept, and its log listener with it.
        bool sets_log = config.logListener != nullptr && tessera_app_id(shared()) == 0;
        if (sets_log) {
            // Before, so that it hears of the init.
            TIMSetLogCallback(on_log, config.logListener);
        }
        bool ok = TIMInit(sdkAppID, json_of(config).c_str()) == TIM_SUCC;
        if (!ok && sets_log) {
            TIMSetLogCallback(nullptr, nullptr);
        }
        return ok;
    }

    void UnInitSDK() override {
        // Before, because a callback with 7009 may set the next one.
        ProviderSeat::Instance().Set(nullptr);
        TIMUninit();
    }

    V2TIMString GetVersion() override { return TIMGetSDKVersion(); }
    int64_t GetServerTime() override { return static_cast<int64_t>(TIMGetServerTime()); }

    void Login(const V2TIMString &userID, const V2TIMString &userSig, V2TIMCallback *callback) override {
        TesseraClient *client = shared();
        if (client == nullptr) {
            return failed(callback);
        }
        tessera_login(client, CText(userID).CString(), CText(userSig).CString(), callback != nullptr ? on_result : nullptr, callback);
    }

    void Logout(V2TIMCallback *callback) override {
        TesseraClient *client = shared();
        if (client == nullptr) {
            return failed(callback);
        }
        tessera_logout(client, callback != nullptr ? on_result : nullptr, callback);
    }

    V2TIMString GetLoginUser() override {
        char user[128] = {0};
        TIMGetLoginUserID(user);
        return user;
    }

    V2TIMLoginStatus GetLoginStatus() override { return status_of(TIMGetLoginStatus()); }

private:
    /// There is no client, and so no thread that could tell it later: in the child of a fork.
    static void failed(V2TIMCallback *callback) {
        const TesseraError *error = tessera_last_error();
        if (callback != nullptr) {
            on_result(error != nullptr ? error->code : ERR_SDK_NOT_INITIALIZED, error != nullptr ? error->desc : "", nullptr, callback);
        }
    }
};

} // namespace tessera::detail

inline V2TIMManager *V2TIMManager::GetInstance() {
    // Never destroyed: destructors of the program's own globals may use it, in whatever order they come.
    static auto *manager = new tessera::detail::Manager();
    return manager;
}

#endif
