// A listener is the same one in every module of a program (C19).

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "module.hpp"

namespace {

class Counting final : public V2TIMSDKListener {
public:
    void OnConnectSuccess() override { connected++; }
    std::atomic<int> connected{0};
};

} // namespace

/// `modules <app>`
int main(int count, char **arguments) {
    V2TIMManager &manager = *V2TIMManager::GetInstance();
    Counting here, there, twice, last;
    add_in_module(&here);
    manager.RemoveSDKListener(&here);
    manager.AddSDKListener(&there);
    remove_in_module(&there);
    manager.AddSDKListener(&twice);
    add_in_module(&twice);
    manager.AddSDKListener(&last);
    bool ok = count == 2 && manager.InitSDK(static_cast<uint32_t>(std::strtoul(arguments[1], nullptr, 10)), V2TIMSDKConfig());
    for (int tries = 0; ok && tries < 20000 && last.connected == 0; tries++) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ok = ok && here.connected == 0 && there.connected == 0 && twice.connected == 1 && last.connected == 1;
    manager.UnInitSDK();
    std::cout << ok << " passed, " << !ok << " failed, 0 skipped" << std::endl;
    return !ok;
}
