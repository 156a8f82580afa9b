// The tests of the C++ binding: what is C++'s own about it. The rules of the session layer are tested by the scenarios.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <tessera/v2tim.hpp>

#include "../../c/tests/check.h"
#include "other.hpp"

namespace {

bool wait_until(const std::atomic<int> &number, int at_least) {
    for (int tries = 0; tries < 20000 && number < at_least; tries++) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return number >= at_least;
}

std::string text_of(char *answer) {
    std::string text = answer;
    free(answer);
    return text;
}

std::string ticket_of(const char *user) { return text_of(ticket_for(user, 60)); }

V2TIMManager &manager() { return *V2TIMManager::GetInstance(); }

bool init() { return manager().InitSDK(APP, V2TIMSDKConfig()); }

/// Counts, and deletes itself, as the documentation's sample does.
class Counted final : public V2TIMCallback {
public:
    explicit Counted(std::atomic<int> &results, std::atomic<int> *last = nullptr) : results_(results), last_(last) {}
    void OnSuccess() override { End(0); }
    void OnError(int code, const V2TIMString &message) override {
        CHECK(!message.Empty());
        End(code);
    }

private:
    void End(int code) {
        std::atomic<int> &results = results_;
        if (last_ != nullptr) {
            *last_ = code;
        }
        delete this;
        results++;
    }
    std::atomic<int> &results_;
    std::atomic<int> *last_;
};

void one_login() {
    V2TIMSDKConfig config;
    config.serverUrl = text_of(ask("url one"));
    CHECK(manager().InitSDK(APP, config));
    std::atomic<int> results{0};
    std::atomic<int> last{-1};
    std::string ticket = ticket_of("alice");
    // Nobody answers before the status was looked at.
    free(ask("fault one stall"));
    manager().Login("alice", ticket, new Counted(results, &last));
    CHECK_IS(manager().GetLoginStatus(), V2TIM_STATUS_LOGINING);
    free(ask("fault one restore"));
    CHECK(wait_until(results, 1));
    CHECK_IS(last, 0);
    CHECK_IS(manager().GetLoginStatus(), V2TIM_STATUS_LOGINED);
    CHECK(manager().GetLoginUser() == "alice");
    CHECK(manager().GetServerTime() > 1700000000);
    CHECK(manager().GetVersion().Length() >= 5);
    CHECK_IS(tessera::ConnectionStatus(), kTIMConnected);
    manager().Logout(new Counted(results, &last));
    CHECK(wait_until(results, 2));
    CHECK_IS(last, 0);
    CHECK_IS(manager().GetLoginStatus(), V2TIM_STATUS_LOGOUT);
    CHECK(manager().GetLoginUser().Empty());
    manager().UnInitSDK();
}

void arguments() {
    // C4: what is wrong with an argument comes through the callback, never inside the call.
    CHECK(init());
    std::atomic<int> results{0};
    std::atomic<int> last{0};
    std::thread::id here = std::this_thread::get_id();
    class Elsewhere final : public V2TIMCallback {
    public:
        Elsewhere(std::atomic<int> &results, std::atomic<int> &last, std::thread::id caller)
            : results_(results), last_(last), caller_(caller) {}
        void OnSuccess() override { CHECK(false); }
        void OnError(int code, const V2TIMString &) override {
            CHECK(std::this_thread::get_id() != caller_);
            CHECK(tessera::LastError().code == code && !tessera::LastError().retryable);
            last_ = code;
            results_++;
            delete this;
        }

    private:
        std::atomic<int> &results_;
        std::atomic<int> &last_;
        std::thread::id caller_;
    };
    manager().Login("", "ticket", new Elsewhere(results, last, here));
    CHECK(wait_until(results, 1));
    CHECK_IS(last, ERR_INVALID_PARAMETERS);
    manager().Login("alice", nullptr, new Elsewhere(results, last, here));
    CHECK(wait_until(results, 2));
    CHECK_IS(last, ERR_INVALID_PARAMETERS);
    manager().Login("a b", "ticket", new Elsewhere(results, last, here));
    CHECK(wait_until(results, 3));
    CHECK_IS(last, ERR_SDK_COMM_INVALID_IDENTIFIER);
    // Nobody has to listen.
    manager().Login("alice", "ticket", nullptr);
    manager().Logout(nullptr);
    manager().UnInitSDK();
    manager().Login("alice", "ticket", new Elsewhere(results, last, here));
    CHECK(wait_until(results, 4));
    CHECK_IS(last, ERR_SDK_NOT_INITIALIZED);
}

void more_calls_than_may_wait() {
    // C18: 7008 comes through the callback as everything does.
    V2TIMSDKConfig config;
    config.eventsWaitingMax = 16;
    config.serverUrl = "ws://127.0.0.1:1";
    CHECK(manager().InitSDK(APP, config));
    std::atomic<int> results{0};
    const int calls = 200;
    for (int at = 0; at < calls; at++) {
        manager().Login("alice", "ticket", new Counted(results));
    }
    manager().UnInitSDK();
    CHECK_IS(results, calls);
}

class Throwing final : public V2TIMSDKListener, public V2TIMCallback {
public:
    void OnConnecting() override {
        heard++;
        throw std::runtime_error("thrown on purpose");
    }
    void OnConnectSuccess() override {
        heard++;
        throw 42;
    }
    void OnSuccess() override {
        heard++;
        throw std::string("thrown on purpose");
    }
    void OnError(int, const V2TIMString &) override { OnSuccess(); }

    std::atomic<int> heard{0};
};

class Heard final : public V2TIMSDKListener {
public:
    void OnConnectSuccess() override {
        connected++;
        if (removes != nullptr) {
            manager().RemoveSDKListener(removes);
        }
    }
    // The SDK calls the one with the reason alone.
    void OnKickedOffline() override { CHECK(false); }
    void OnKickedOfflineEx(const tessera::Kick &kick) override {
        CHECK_IS(kick.reason, kTesseraKickReason_Admin);
        CHECK(kick.at_ms > 1700000000000 && kick.platform.Empty());
        explained++;
    }

    std::atomic<int> connected{0}, explained{0};
    V2TIMSDKListener *removes = nullptr;
};

class Log final : public V2TIMLogListener {
public:
    void OnLog(V2TIMLogLevel level, const V2TIMString &line) override {
        if (level == V2TIM_LOG_ERROR && std::string(line.CString()).find("thrown on purpose") != std::string::npos) {
            thrown++;
        }
        lines++;
    }
    std::atomic<int> lines{0}, thrown{0};
};

void what_callbacks_throw_is_caught_and_logged() {
    // C19
    Throwing throwing;
    Heard after;
    Log log;
    Log second;
    V2TIMSDKConfig config;
    config.logListener = &log;
    manager().AddSDKListener(&throwing);
    manager().AddSDKListener(&after);
    CHECK(manager().InitSDK(APP, config));
    CHECK(wait_until(after.connected, 1));
    manager().Logout(&throwing);
    CHECK(wait_until(throwing.heard, 3));
    CHECK(wait_until(log.thrown, 1));
    // The first configuration is kept.
    config.logListener = &second;
    CHECK(manager().InitSDK(APP, config));
    int lines = log.lines;
    manager().Logout(&throwing);
    CHECK(wait_until(throwing.heard, 4));
    CHECK(wait_until(log.lines, lines + 1));
    CHECK_IS(second.lines, 0);
    manager().UnInitSDK();
}

/// Initialises again inside the 7009 of UnInitSDK.
class Again final : public V2TIMCallback {
public:
    explicit Again(V2TIMLogListener &log) : log_(log) {}
    void OnSuccess() override { CHECK(false); }
    void OnError(int code, const V2TIMString &) override {
        CHECK_IS(code, ERR_SDK_COMM_INTERRUPT);
        V2TIMSDKConfig config;
        config.logListener = &log_;
        CHECK(manager().InitSDK(APP, config));
    }

private:
    V2TIMLogListener &log_;
};

void the_log_goes_on_after_an_init_inside_the_end() {
    // C9
    Log first;
    Log second;
    Again again(second);
    V2TIMSDKConfig config;
    config.serverUrl = "ws://127.0.0.1:1";
    config.logListener = &first;
    CHECK(manager().InitSDK(APP, config));
    manager().Login("alice", "ticket", &again);
    manager().UnInitSDK();
    Throwing throwing;
    manager().Logout(&throwing);
    CHECK(wait_until(second.lines, 1));
    manager().UnInitSDK();
}

void a_level_that_is_set_goes_into_the_configuration() {
    // C23: what the configuration has not, the environment says; V2TIM's default is one of the levels that can be set.
    const std::string key = "sdk_config_log_level";
    V2TIMSDKConfig config;
    CHECK(config.logLevel == V2TIM_LOG_DEBUG);
    CHECK(tessera::detail::json_of(config).find(key) == std::string::npos);
    config.logLevel = V2TIM_LOG_DEBUG;
    CHECK(config.logLevel == V2TIM_LOG_DEBUG);
    CHECK(tessera::detail::json_of(config).find("\"" + key + "\":" + std::to_string(V2TIM_LOG_DEBUG)) != std::string::npos);
    V2TIMSDKConfig other;
    V2TIMLogLevel &level = other.logLevel;
    level = V2TIM_LOG_WARN;
    CHECK(tessera::detail::json_of(other).find("\"" + key + "\":" + std::to_string(V2TIM_LOG_WARN)) != std::string::npos);
    switch (other.logLevel) {
    case V2TIM_LOG_WARN: break;
    default: CHECK(false);
    }
}

void a_child_is_told_that_it_has_no_sdk() {
    CHECK(init());
    pid_t child = fork();
    if (child == 0) {
        std::atomic<int> results{0};
        std::atomic<int> last{0};
        manager().Login("alice", "ticket", new Counted(results, &last));
        bool ok = results == 1 && last == ERR_SDK_NOT_INITIALIZED;
        manager().Logout(new Counted(results, &last));
        manager().Logout(nullptr);
        ok = ok && results == 2 && last == ERR_SDK_NOT_INITIALIZED && !init();
        manager().UnInitSDK();
        _exit(ok ? 0 : 1);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_IS(status, 0);
    manager().UnInitSDK();
}

void listeners() {
    // C19
    Heard first;
    Heard second;
    first.removes = &second;
    manager().AddSDKListener(nullptr);
    manager().AddSDKListener(&first);
    manager().AddSDKListener(&first);
    manager().AddSDKListener(&second);
    CHECK(init());
    CHECK(wait_until(first.connected, 1));
    CHECK(!tessera::LoginAndWait("kicked", ticket_of("kicked")));
    free(ask("kick kicked"));
    CHECK(wait_until(first.explained, 1));
    CHECK_IS(first.connected, 1);
    CHECK_IS(first.explained, 1);
    CHECK_IS(second.connected + second.explained, 0);
    manager().RemoveSDKListener(&first);
    manager().RemoveSDKListener(nullptr);
    manager().UnInitSDK();
}

void settings() {
    // C23: texts get through with all that JSON has to escape.
    V2TIMSDKConfig config;
    config.serverUrl = "ws://127.0.0.1:1";
    config.loginTimeoutMs = 300;
    config.connectAtInit = false;
    config.deviceDir = "/tmp/a \"quoted\" \\ folder\n";
    CHECK(manager().InitSDK(APP, config));
    tessera::Error error = tessera::LoginAndWait("alice", "ticket");
    CHECK_IS(error.code, ERR_SDK_NET_WAIT_SEND_TIMEOUT_NO_NETWORK);
    CHECK(error.retryable && error);
    manager().UnInitSDK();
    config.loginTimeoutMs = 1;
    CHECK(!manager().InitSDK(APP, config));
    CHECK(std::string(tessera::LastError().desc.CString()).find("login_timeout_ms") != std::string::npos);
    CHECK(!manager().InitSDK(0, V2TIMSDKConfig()));
}

void provider() {
    // C15
    auto alive = std::make_shared<int>(0);
    std::weak_ptr<int> held = alive;
    std::atomic<int> asked{0};
    std::string fresh = ticket_of("renewed");
    tessera::SetTicketProvider([alive, fresh, &asked](const tessera::TicketRequest &request) {
        CHECK(request.User() == "renewed");
        if (asked++ == 0) {
            throw std::runtime_error("no ticket yet");
        }
        std::thread([request, fresh] { request.Provide(fresh); }).detach();
    });
    alive.reset();
    V2TIMSDKConfig config;
    config.ticketRenewPercent = 10;
    config.ticketRequestIntervalMs = 50;
    config.ticketRetryMinMs = 50;
    CHECK(manager().InitSDK(APP, config));
    CHECK(!tessera::LoginAndWait("renewed", text_of(ticket_to_renew("renewed"))));
    CHECK(wait_until(asked, 2));
    CHECK(is_renewed("renewed"));
    CHECK_IS(manager().GetLoginStatus(), V2TIM_STATUS_LOGINED);
    manager().UnInitSDK();
    CHECK(held.expired());
    // Also one that was set while nothing was initialised, and replaced by nobody.
    alive = std::make_shared<int>(0);
    held = alive;
    tessera::SetTicketProvider([alive](const tessera::TicketRequest &request) { request.Fail(); });
    alive.reset();
    CHECK(!held.expired());
    tessera::SetTicketProvider({});
    CHECK(held.expired());
}

void strings() {
    V2TIMString empty;
    V2TIMString null(static_cast<const char *>(nullptr));
    V2TIMString text("alice");
    CHECK(empty == null && empty.Empty() && empty.Size() == 0);
    CHECK(text != empty && empty < text && text.Length() == 5);
    V2TIMString copy = text;
    copy[0] = 'A';
    CHECK(copy == "Alice" && text == "alice");
    copy = nullptr;
    CHECK(copy.Empty());
    CHECK_IS(V2TIMString("a\0b", 3).Size(), 3);
}

void containers() {
    TXV2TIMStringVector list;
    list.PushBack("a");
    list.PushBack("b");
    list.PushBack("c");
    list.Erase(0);
    list.Erase(7);
    list.PopBack();
    CHECK(list.Size() == 1 && list[0] == "b");
    list.PopBack();
    list.PopBack();
    CHECK(list.Empty());
    V2TIMCustomInfo map;
    const uint8_t bytes[] = {1, 0, 2};
    CHECK(map.Insert("key", V2TIMBuffer(bytes, sizeof bytes)) && !map.Insert("key", V2TIMBuffer()));
    map["other"] = V2TIMBuffer(nullptr, 0);
    CHECK(map.Size() == 2 && map.Count("key") == 1 && map.Get("key").Size() == 3 && map.Get("key").Data()[2] == 2);
    CHECK(map.Get("none").Size() == 0 && map.AllKeys()[0] == "key");
    map.Erase("key");
    CHECK_IS(map.Count("key"), 0);
}

void what_is_no_text_of_c_is_no_other_text() {
    // C4: a NUL must not make the user another one.
    CHECK(init());
    V2TIMString evil("alice\0evil", 10);
    CHECK_IS(tessera::LoginAndWait(evil, ticket_of("alice")).code, ERR_SDK_COMM_INVALID_IDENTIFIER);
    std::atomic<int> results{0};
    std::atomic<int> last{0};
    manager().Login(evil, ticket_of("alice"), new Counted(results, &last));
    CHECK(wait_until(results, 1));
    CHECK_IS(last, ERR_SDK_COMM_INVALID_IDENTIFIER);
    std::string ticket = ticket_of("alice");
    V2TIMString longer((ticket + std::string("\0evil", 5)).data(), ticket.size() + 5);
    CHECK_IS(tessera::LoginAndWait("alice", longer).code, ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED);
    manager().UnInitSDK();
    V2TIMSDKConfig config;
    config.serverUrl = V2TIMString("ws://127.0.0.1:1\0evil", 21);
    CHECK(!manager().InitSDK(APP, config));
}

/// Goes when it hears of the kick, as a listener of an account that has ended.
class Leaving final : public V2TIMSDKListener {
public:
    explicit Leaving(std::atomic<int> &kicked) : kicked_(kicked) {}
    void OnKickedOffline() override {
        std::atomic<int> &kicked = kicked_;
        manager().RemoveSDKListener(this);
        delete this;
        kicked++;
    }

private:
    std::atomic<int> &kicked_;
};

void a_listener_deletes_itself() {
    // C19
    std::atomic<int> kicked{0};
    Heard after;
    manager().AddSDKListener(new Leaving(kicked));
    CHECK(init());
    manager().AddSDKListener(&after);
    CHECK(!tessera::LoginAndWait("leaving", ticket_of("leaving")));
    free(ask("kick leaving"));
    CHECK(wait_until(after.explained, 1));
    CHECK_IS(kicked, 1);
    manager().UnInitSDK();
}

/// Its log listener throws, each time.
class Failing final : public V2TIMLogListener {
public:
    void OnLog(V2TIMLogLevel, const V2TIMString &) override {
        lines++;
        throw std::runtime_error("no room on the disk");
    }
    std::atomic<int> lines{0};
};

void a_log_listener_that_throws_is_not_told_of_it() {
    // C18
    Failing failing;
    V2TIMSDKConfig config;
    config.logListener = &failing;
    // It would be logged whenever it comes about.
    config.connectAtInit = false;
    CHECK(manager().InitSDK(APP, config));
    tessera_log_error("a line of the program");
    CHECK(wait_until(failing.lines, 1));
    sleep_ms(200);
    int lines = failing.lines;
    sleep_ms(200);
    CHECK_IS(failing.lines, lines);
    manager().UnInitSDK();
}

void two_translation_units() { CHECK(manager_of_another_unit() == V2TIMManager::GetInstance()); }

} // namespace

/// `tests no-fork` leaves out what valgrind would call leaks of the child.
int main(int count, char **) {
    run_test("strings are values", strings);
    run_test("lists, maps and buffers are V2TIM's", containers);
    run_test("two translation units have one manager", two_translation_units);
    run_test("one login, with callbacks that delete themselves", one_login);
    run_test("a wrong argument is told by the callback, on the SDK's thread", arguments);
    run_test("a NUL in a user id or a ticket does not end it", what_is_no_text_of_c_is_no_other_text);
    run_test("calls beyond what may wait are answered too", more_calls_than_may_wait);
    run_test("what callbacks throw is caught, logged, and hurts nobody else", what_callbacks_throw_is_caught_and_logged);
    run_test("a log listener that throws is not told of it", a_log_listener_that_throws_is_not_told_of_it);
    run_test("an init inside the 7009 of UnInitSDK keeps its log listener", the_log_goes_on_after_an_init_inside_the_end);
    run_test("a log level that is set is told from V2TIM's default", a_level_that_is_set_goes_into_the_configuration);
    if (count < 2) {
        run_test("the child of a fork is told that it has no SDK", a_child_is_told_that_it_has_no_sdk);
    }
    run_test("listeners count once, hear why, and are removed at once", listeners);
    run_test("a listener that removes and deletes itself when it is kicked is called once", a_listener_deletes_itself);
    run_test("settings come from the configuration", settings);
    run_test("a provider may throw, and answer from another thread", provider);
    return tests_ended();
}
