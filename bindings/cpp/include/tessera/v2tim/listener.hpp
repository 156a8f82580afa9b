// Listeners. The caller owns the object: it must live until RemoveSDKListener or UnInitSDK has returned.

#ifndef TESSERA_V2TIM_LISTENER_HPP
#define TESSERA_V2TIM_LISTENER_HPP

#include <tessera/tim.h>
#include "common.hpp"
#include "string.hpp"

namespace tessera {

/// Why and when somebody else ended the session (C12).
struct Kick {
    TesseraKickReason reason = kTesseraKickReason_Other;
    /// The platform of the device that took the place, such as `iphone`; empty if there is none.
    V2TIMString platform;
    /// In milliseconds of Unix time, by the gateway's clock.
    uint64_t at_ms = 0;
    /// The gateway's code where the ticket was refused at a reconnect; else 0.
    int code = 0;
};

} // namespace tessera

/// Events of the session. All methods have empty bodies: override those that matter. They are called one at a time, on
/// the SDK's thread, and may call the SDK. What they throw is caught and logged.
class V2TIMSDKListener {
public:
    V2TIMSDKListener() = default;
    virtual ~V2TIMSDKListener() = default;

    /// The connection is being made, at first or again.
    virtual void OnConnecting() {}
    /// The connection is there.
    virtual void OnConnectSuccess() {}
    /// A try to connect has failed; the next follows by itself.
    virtual void OnConnectFailed(int /*error_code*/, const V2TIMString & /*error_message*/) {}
    /// Somebody else ended the session: the user is logged out (C12).
    virtual void OnKickedOffline() {}
    /// The ticket has expired: the user is logged out; get a new ticket and log in (C14).
    virtual void OnUserSigExpired() {}

    /// Beyond V2TIM: the connection has dropped.
    virtual void OnDisconnected(int /*error_code*/, const V2TIMString & /*error_message*/) {}
    /// Beyond V2TIM: OnKickedOffline with the reason. The SDK calls this one alone, which calls OnKickedOffline unless it
    /// is overridden.
    virtual void OnKickedOfflineEx(const tessera::Kick & /*kick*/) { OnKickedOffline(); }

    /// The rest never fires: it is outside of the session layer.
    virtual void OnSelfInfoUpdated(const V2TIMUserFullInfo & /*info*/) {}
    virtual void OnUserStatusChanged(const V2TIMUserStatusVector & /*userStatusList*/) {}
    virtual void OnUserInfoChanged(const V2TIMUserFullInfoVector & /*userInfoList*/) {}
    virtual void OnAllReceiveMessageOptChanged(const V2TIMReceiveMessageOptInfo & /*receiveMessageOptInfo*/) {}
    virtual void onExperimentalNotify(const V2TIMString & /*key*/, const V2TIMBaseObject & /*param*/) {}
};

/// The log of the process, line by line.
class V2TIMLogListener {
public:
    V2TIMLogListener() = default;
    virtual ~V2TIMLogListener() = default;

    virtual void OnLog(V2TIMLogLevel /*logLevel*/, const V2TIMString & /*logContent*/) {}
};

#endif
