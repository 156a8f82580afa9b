// A program whose own globals end the SDK: they were made before anything of the SDK's, so they are destroyed after it.
// Compiled without optimisation, which would call the manager's methods without asking the object.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <tessera/v2tim.hpp>

namespace {

struct App {
    ~App() {
        V2TIMManager::GetInstance()->UnInitSDK();
        tessera::SetTicketProvider({});
        std::cout << "1 passed, 0 failed, 0 skipped" << std::endl;
    }
};

App app;

/// Ends the program where callbacks run.
class Leave final : public V2TIMCallback {
public:
    void OnSuccess() override { std::exit(0); }
    void OnError(int, const V2TIMString &) override { std::_Exit(1); }
};

Leave leave;

} // namespace

/// `globals <app> <ticket of alice> [exit in the callback]`
int main(int count, char **arguments) {
    tessera::SetTicketProvider([](const tessera::TicketRequest &request) { request.Fail(); });
    auto app_id = static_cast<uint32_t>(std::strtoul(arguments[1], nullptr, 10));
    if (!V2TIMManager::GetInstance()->InitSDK(app_id, V2TIMSDKConfig())) {
        return 1;
    }
    if (count < 4) {
        return tessera::LoginAndWait("alice", arguments[2]).code;
    }
    V2TIMManager::GetInstance()->Login("alice", arguments[2], &leave);
    for (;;) {
        std::this_thread::sleep_for(std::chrono::seconds(1));
    }
}
