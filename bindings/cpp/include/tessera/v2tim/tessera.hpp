// What V2TIM has no name for: the last error, the ticket provider, hints, calls that wait, the state of the connection.

#ifndef TESSERA_V2TIM_TESSERA_HPP
#define TESSERA_V2TIM_TESSERA_HPP

#include <memory>
#include <utility>

#include <tessera/tim.h>
#include "detail.hpp"
#include "provider.hpp"
#include "string.hpp"

namespace tessera {

/// Why something failed.
struct Error {
    /// 0 for none.
    int code = 0;
    V2TIMString desc;
    /// Whether the same call can succeed later without a change (C17).
    bool retryable = false;
    /// When to try again at the earliest, in milliseconds from now; 0 if nobody said so.
    uint64_t retry_after_ms = 0;

    explicit operator bool() const { return code != 0; }
};

/// The error of this thread's last call that failed; inside a callback, the error that came with it.
inline Error LastError() {
    Error error;
    if (const TesseraError *last = tessera_last_error()) {
        error.code = last->code;
        error.desc = last->desc;
        error.retryable = last->retryable;
        error.retry_after_ms = last->retry_after_ms;
    }
    return error;
}

/// Sets who is asked for a new ticket before the old one expires (C15); an empty function for nobody. It runs on the
/// SDK's thread. UnInitSDK ends the asking, and what the function holds is released.
inline void SetTicketProvider(TicketProvider provider) {
    bool asks = static_cast<bool>(provider);
    detail::ProviderSeat::Instance().Set(
        asks ? std::make_shared<const TicketProvider>(std::move(provider)) : nullptr);
    tessera_set_ticket_provider(detail::shared(), asks ? detail::on_ticket : nullptr, nullptr);
}

/// The network is available: reconnect or probe now (C11). Takes effect at most once a second.
inline void NotifyNetworkAvailable() { tessera_notify_network_available(detail::shared()); }
/// The app is in the foreground again: reconnect or probe now (C11). Takes effect at most once a second.
inline void NotifyForeground() { tessera_notify_foreground(detail::shared()); }

/// The state of the connection, which moves without the login status.
inline TIMNetworkStatus ConnectionStatus() { return tessera_connection_status(detail::shared()); }

/// Logs in and waits for the result. Inside a callback it fails at once with 7014 (C18).
inline Error LoginAndWait(const V2TIMString &userID, const V2TIMString &userSig) {
    return tessera_login_wait(detail::shared(), detail::CText(userID).CString(), detail::CText(userSig).CString()) == ERR_SUCC
               ? Error()
               : LastError();
}
/// Logs out and waits for the result; as LoginAndWait.
inline Error LogoutAndWait() {
    return tessera_logout_wait(detail::shared()) == ERR_SUCC ? Error() : LastError();
}

} // namespace tessera

#endif
