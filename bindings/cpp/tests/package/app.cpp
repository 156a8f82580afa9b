// Starts and ends the SDK, without a gateway.

#include <iostream>

#include <tessera/v2tim.hpp>

int main() {
    V2TIMSDKConfig config;
    config.serverUrl = "wss://chat.example.com";
    config.connectAtInit = false;
    bool ok = V2TIMManager::GetInstance()->InitSDK(1400000001, config);
    ok = ok && V2TIMManager::GetInstance()->GetLoginStatus() == V2TIM_STATUS_LOGOUT;
    V2TIMManager::GetInstance()->UnInitSDK();
    std::cout << ok << " passed, " << !ok << " failed, 0 skipped" << std::endl;
    return !ok;
}
