// Between the C library and the classes: the functions that it calls back, and conversions. Not for apps.

#ifndef TESSERA_V2TIM_DETAIL_HPP
#define TESSERA_V2TIM_DETAIL_HPP

#include <exception>
#include <string>

#include <tessera/tim.h>
#include "callback.hpp"
#include "common.hpp"
#include "json.hpp"
#include "listener.hpp"
#include "string.hpp"

namespace tessera::detail {

inline TesseraClient *shared() { return tessera_client_shared(); }

/// Runs code of the host. C cannot be thrown through.
template <class Call>
void contained(Call call) noexcept {
#if !defined(__cpp_exceptions)
    call();
#else
    try {
        call();
    } catch (const std::exception &error) {
        tessera_log_error((std::string("a callback has thrown: ") + error.what()).c_str());
    } catch (...) {
        tessera_log_error("a callback has thrown something that is no std::exception");
    }
#endif
}

/// A text for the C library, where a NUL would end it and so make another text of it. C0 80 is in no UTF-8, so the library
/// refuses it where it judges texts.
class CText {
public:
    explicit CText(const V2TIMString &text) : text_(text.CString(), text.Size()) {
        for (size_t at = text_.find('\0'); at != std::string::npos; at = text_.find('\0', at)) {
            text_.replace(at, 1, "\xC0\x80");
        }
    }
    const char *CString() const { return text_.c_str(); }

private:
    std::string text_;
};

inline void on_result(int32_t code, const char *desc, const char *, const void *user_data) {
    auto *callback = static_cast<V2TIMCallback *>(const_cast<void *>(user_data));
    // The callback may delete itself, so it is not touched after its method.
    contained([&] { code == ERR_SUCC ? callback->OnSuccess() : callback->OnError(code, desc); });
}

inline void on_log(TIMLogLevel level, const char *log, const void *user_data) {
    auto *listener = static_cast<V2TIMLogListener *>(const_cast<void *>(user_data));
    contained([&] { listener->OnLog(static_cast<V2TIMLogLevel>(level), log); });
}

inline void on_connecting(const void *user_data) {
    contained([&] { static_cast<V2TIMSDKListener *>(const_cast<void *>(user_data))->OnConnecting(); });
}

inline void on_connect_success(const void *user_data) {
    contained([&] { static_cast<V2TIMSDKListener *>(const_cast<void *>(user_data))->OnConnectSuccess(); });
}

inline void on_connect_failed(const TesseraError *error, const void *user_data) {
    auto *listener = static_cast<V2TIMSDKListener *>(const_cast<void *>(user_data));
    contained([&] { listener->OnConnectFailed(error->code, error->desc); });
}

inline void on_disconnected(const TesseraError *error, const void *user_data) {
    auto *listener = static_cast<V2TIMSDKListener *>(const_cast<void *>(user_data));
    contained([&] { listener->OnDisconnected(error->code, error->desc); });
}

inline void on_kicked_offline(const TesseraKick *kick, const void *user_data) {
    auto *listener = static_cast<V2TIMSDKListener *>(const_cast<void *>(user_data));
    Kick copy;
    copy.reason = kick->reason;
    copy.platform = kick->platform;
    copy.at_ms = kick->at_ms;
    copy.code = kick->code;
    // One call: OnKickedOffline may remove and delete the listener.
    contained([&] { listener->OnKickedOfflineEx(copy); });
}

inline void on_user_sig_expired(const void *user_data) {
    contained([&] { static_cast<V2TIMSDKListener *>(const_cast<void *>(user_data))->OnUserSigExpired(); });
}

/// Two of these for the same listener are the same to the library: by its address, because each module of a program may
/// have functions of its own.
inline TesseraListener callbacks_of(V2TIMSDKListener *listener) {
    TesseraListener callbacks = {};
    callbacks.size = sizeof callbacks;
    callbacks.user_data = listener;
    callbacks.on_connecting = on_connecting;
    callbacks.on_connect_success = on_connect_success;
    callbacks.on_connect_failed = on_connect_failed;
    callbacks.on_disconnected = on_disconnected;
    callbacks.on_kicked_offline = on_kicked_offline;
    callbacks.on_user_sig_expired = on_user_sig_expired;
    callbacks.id = listener;
    return callbacks;
}

/// C++ has three states (C2).
inline V2TIMLoginStatus status_of(TIMLoginStatus status) {
    switch (status) {
    case kTIMLoginStatus_Logined: return V2TIM_STATUS_LOGINED;
    case kTIMLoginStatus_Logining: return V2TIM_STATUS_LOGINING;
    case kTIMLoginStatus_UnLogined:
    case kTIMLoginStatus_Logouting: break;
    }
    return V2TIM_STATUS_LOGOUT;
}

/// The settings of a configuration as the JSON of TIMInit.
inline std::string json_of(const V2TIMSDKConfig &config) {
    Json json;
    config.WriteTo(json);
    if (config.logLevel.IsSet()) {
        V2TIMLogLevel level = config.logLevel;
        json.Add("sdk_config_log_level", static_cast<uint64_t>(level));
    }
    return json.Text();
}

} // namespace tessera::detail

#endif
