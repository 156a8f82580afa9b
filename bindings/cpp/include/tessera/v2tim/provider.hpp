// Who is asked for a ticket (C15), and where that is kept.

#ifndef TESSERA_V2TIM_PROVIDER_HPP
#define TESSERA_V2TIM_PROVIDER_HPP

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include <tessera/tim.h>
#include "detail.hpp"
#include "string.hpp"

namespace tessera {

/// A question for a ticket. It may be kept and answered later, from any thread; an answer that comes too late has no
/// effect.
class TicketRequest {
public:
    TicketRequest(uint64_t request, const char *user) : request_(request), user_(user) {}

    const V2TIMString &User() const { return user_; }
    void Provide(const V2TIMString &userSig) const {
        tessera_provide_ticket(detail::shared(), request_, detail::CText(userSig).CString());
    }
    /// There is no ticket now. The session goes on, and the provider is asked again later.
    void Fail() const { tessera_provide_ticket(detail::shared(), request_, nullptr); }

private:
    uint64_t request_;
    V2TIMString user_;
};

using TicketProvider = std::function<void(const TicketRequest &request)>;

namespace detail {

struct ProviderSeat {
    std::mutex mutex;
    std::shared_ptr<const TicketProvider> provider;

    static ProviderSeat &Instance() {
        // Never destroyed, as the manager.
        static auto *seat = new ProviderSeat();
        return *seat;
    }
    std::shared_ptr<const TicketProvider> Get() {
        std::lock_guard<std::mutex> lock(mutex);
        return provider;
    }
    void Set(std::shared_ptr<const TicketProvider> newer) {
        {
            std::lock_guard<std::mutex> lock(mutex);
            provider.swap(newer);
        }
        // The older one ends here, outside of the lock: its captures are the host's.
    }
};

inline void on_ticket(uint64_t request, const char *user_id, const void *) {
    TicketRequest question(request, user_id);
    auto provider = ProviderSeat::Instance().Get();
    bool answers = false;
    contained([&] {
        if (provider != nullptr) {
            (*provider)(question);
            answers = true;
        }
    });
    if (!answers) {
        question.Fail();
    }
}

} // namespace detail

} // namespace tessera

#endif
