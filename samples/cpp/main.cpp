// A small app in C++. Its classes and calls are those of the vendor's documentation for Windows; the include is what was
// changed.
//
//     sample <sdk app id> <user> <userSig> <another user> <userSig>
//
// It says nothing of a gateway: the SDK finds it by its settings, here TESSERA_SERVER_URL and TESSERA_ALLOW_PLAIN.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <thread>

#include <tessera/v2tim.hpp>

class LoginCallback final : public V2TIMCallback {
public:
LoginCallback() = default;
~LoginCallback() override = default;

using SuccessCallback = std::function<void()>;
using ErrorCallback = std::function<void(int, const V2TIMString&)>;

void SetCallback(SuccessCallback success_callback, ErrorCallback error_callback) {
success_callback_ = std::move(success_callback);
error_callback_ = std::move(error_callback);
}
void OnSuccess() override {
if (success_callback_) {
success_callback_();
}
}
void OnError(int error_code, const V2TIMString& error_message) override {
if (error_callback_) {
error_callback_(error_code, error_message);
}
}
private:
SuccessCallback success_callback_;
ErrorCallback error_callback_;
};

class Callback final : public V2TIMCallback {
public:
using SuccessCallback = std::function<void()>;
using ErrorCallback = std::function<void(int, const V2TIMString&)>;

Callback() = default;
~Callback() override = default;

void SetCallback(SuccessCallback success_callback, ErrorCallback error_callback) {
success_callback_ = std::move(success_callback);
error_callback_ = std::move(error_callback);
}

void OnSuccess() override {
if (success_callback_) {
success_callback_();
}
}
void OnError(int error_code, const V2TIMString& error_message) override {
if (error_callback_) {
error_callback_(error_code, error_message);
}
}

private:
SuccessCallback success_callback_;
ErrorCallback error_callback_;
};

class Listener final : public V2TIMSDKListener {
public:
    void OnConnecting() override { std::cout << "connecting" << std::endl; }
    void OnConnectSuccess() override { std::cout << "connected" << std::endl; }
    void OnConnectFailed(int error_code, const V2TIMString &error_message) override {
        std::cout << "connect failed: " << error_code << " " << error_message.CString() << std::endl;
    }
    void OnKickedOffline() override { std::cout << "kicked offline" << std::endl; }
    void OnUserSigExpired() override { std::cout << "the userSig has expired" << std::endl; }
};

// How many of the documentation's callbacks have been called, and how.
static std::atomic<int> successes{0};
static std::atomic<int> failures{0};

static void LogIn(const char *user, const char *sig) {
V2TIMString userID = user;
V2TIMString userSig = sig;
auto callback = new LoginCallback;
callback->SetCallback(
[=]() {
std::cout << "success";
successes++;
delete callback;
},
[=](int error_code, const V2TIMString& error_message) {
// The following error codes indicate an expired `userSig`, and you need to generate a new one for login again.
// 1. ERR_USER_SIG_EXPIRED (6206)
// 2. ERR_SVR_ACCOUNT_USERSIG_EXPIRED (70001)
// Note: Do not call the login API in case of other error codes; otherwise, the SDK may enter an infinite loop of login.
std::cout << "failure, code:" << error_code << ", desc:" << error_message.CString();
failures++;
delete callback;
});
V2TIMManager::GetInstance()->Login(userID, userSig, callback);
}

static void LogOut() {
auto callback = new Callback{};
callback->SetCallback(
[=]() {
std::cout << "success";
successes++;
delete callback;
},
[=](int error_code, const V2TIMString& error_message) {
std::cout << "failure, code:" << error_code << ", desc:" << error_message.CString();
failures++;
delete callback;
});
V2TIMManager::GetInstance()->Logout(callback);
}

// A program with an event loop would go on with it instead.
static bool Succeeded(int number) {
    while (successes + failures < number) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    std::cout << std::endl;
    return failures == 0;
}

static bool IsLoggedIn(const char *user) {
    // Get the `UserID` of the logged-in user
    V2TIMString loginUserID = V2TIMManager::GetInstance()->GetLoginUser();
    V2TIMLoginStatus loginStatus = V2TIMManager::GetInstance()->GetLoginStatus();
    std::cout << "status " << loginStatus << ", user \"" << loginUserID.CString() << "\"" << std::endl;
    return loginUserID == user && loginStatus == (*user != '\0' ? V2TIM_STATUS_LOGINED : V2TIM_STATUS_LOGOUT);
}

int main(int count, char **arguments) {
    Listener listener;
    V2TIMManager::GetInstance()->AddSDKListener(&listener);
    V2TIMSDKConfig config;
    bool ok = count == 6;
    ok = ok && V2TIMManager::GetInstance()->InitSDK(static_cast<uint32_t>(std::atoll(arguments[1])), config);
    if (ok) {
        LogIn(arguments[2], arguments[3]);
        ok = Succeeded(1) && IsLoggedIn(arguments[2]);
        // Another user: the first one is logged out by it.
        LogIn(arguments[4], arguments[5]);
        ok = Succeeded(2) && ok && IsLoggedIn(arguments[4]);
        LogOut();
        ok = Succeeded(3) && ok && IsLoggedIn("");
    }
    V2TIMManager::GetInstance()->UnInitSDK();
    std::cout << ok << " passed, " << !ok << " failed, 0 skipped" << std::endl;
    return !ok;
}
