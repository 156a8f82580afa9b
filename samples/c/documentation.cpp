// What the vendor's documentation of the C API shows, which is C++ that calls C, with the include changed and nothing
// else. `main.c` beside it is the same in C.
//
//     sample <sdk app id> <user> <userSig>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include <tessera/tim.h>

static std::atomic<int> results{0};

// A proxy is set as the documentation does it, without its JSON library.
static bool set_proxy() {
    std::string json_config = std::string("{\"") + kTIMSetConfigSocks5ProxyInfo + "\": {\"" + kTIMSocks5ProxyInfoIp +
                              "\": \"111.222.333.444\", \"" + kTIMSocks5ProxyInfoPort + "\": 8888}, \"" +
                              kTIMSetConfigUserConfig + "\": {\"" + kTIMUserConfigIsReadReceipt + "\": true}, \"" +
                              kTIMSetConfigIsLogOutputConsole + "\": false}";
    return TIM_SUCC == TIMSetConfig(json_config.c_str(), [](int32_t code, const char* desc, const char* json_param, const void* user_data) {
        (void)code, (void)desc, (void)json_param, (void)user_data;
    }, nullptr);
}

int main(int count, char **arguments) {
    if (count != 4 || !set_proxy() || TIM_SUCC != TIMInit(std::strtoull(arguments[1], nullptr, 10), "{}")) {
        std::printf("0 passed, 1 failed, 0 skipped\n");
        return 1;
    }
    int accepted = TIMLogin(arguments[2], arguments[3],
        [](int32_t code, const char* desc, const char* json_param, const void* user_data) {
            std::printf("login: code %d %s%s\n", code, desc, json_param);
            static_cast<std::atomic<int> *>(const_cast<void *>(user_data))->store(code == ERR_SUCC ? 1 : 2);
        }, &results);
    while (accepted == TIM_SUCC && results == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

    const size_t kUserIDLength = 128;
    char user_id_buffer[kUserIDLength] = {0};
    TIMGetLoginUserID(user_id_buffer);

    bool ok = results == 1 && TIMGetLoginStatus() == kTIMLoginStatus_Logined &&
              std::strcmp(user_id_buffer, arguments[2]) == 0 && TIMUninit() == TIM_SUCC;
    std::printf("user \"%s\"\n%d passed, %d failed, 0 skipped\n", user_id_buffer, ok, !ok);
    return !ok;
}
