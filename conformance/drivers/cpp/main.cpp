// The conformance driver of C++ (docs/drivers.md): commands on standard input, replies and events on standard output,
// and tessera/v2tim.hpp in between. It knows no scenario.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <tessera/v2tim.hpp>

#include "../c/json.h"

namespace {

using Tree = std::shared_ptr<const json>;

Tree owned(json *value) {
    return Tree(value, [](const json *tree) { json_free(const_cast<json *>(tree)); });
}

/// True while this thread is inside a call of a command.
thread_local bool in_call = false;

std::string quoted(const std::string &text) {
    std::ostringstream out;
    out << '"';
    for (unsigned char letter : text) {
        if (letter == '"' || letter == '\\') {
            out << '\\' << letter;
        } else if (letter < 0x20) {
            static const char digits[] = "0123456789abcdef";
            out << "\\u00" << digits[letter >> 4] << digits[letter & 15];
        } else {
            out << letter;
        }
    }
    out << '"';
    return out.str();
}

V2TIMManager &manager() { return *V2TIMManager::GetInstance(); }

std::string state() {
    std::ostringstream out;
    out << ",\"status\":" << manager().GetLoginStatus() << ",\"user\":" << quoted(manager().GetLoginUser().CString())
        << ",\"connection\":" << tessera::ConnectionStatus() << "}";
    return out.str();
}

/// One line at a time.
void say(const std::string &line) {
    static std::mutex mutex;
    std::lock_guard<std::mutex> lock(mutex);
    std::cout << line << std::endl;
}

/// An event under construction.
class Line {
public:
    explicit Line(const std::string &event) : text_("{\"event\":" + quoted(event)) {
        if (in_call) {
            text_ += ",\"inside_call\":true";
        }
    }
    Line &Text(const std::string &key, const std::string &value) {
        if (!value.empty()) {
            text_ += "," + quoted(key) + ":" + quoted(value);
        }
        return *this;
    }
    Line &Code(int code) {
        if (code != 0) {
            text_ += ",\"code\":" + std::to_string(code);
        }
        return *this;
    }
    Line &Retryable(bool retryable) {
        text_ += std::string(",\"retryable\":") + (retryable ? "true" : "false");
        return *this;
    }
    void Say() const { say(text_ + state()); }

private:
    std::string text_;
};

class Host;

/// A listener that reports what it is called with, and throws if it was told to.
class Listener final : public V2TIMSDKListener {
public:
    Listener(Host &host, std::string name, bool throws) : host_(host), name_(std::move(name)), throws_(throws) {}

    void OnConnecting() override { Report(Line("connecting"), "connecting"); }
    void OnConnectSuccess() override { Report(Line("connect_success"), "connect_success"); }
    void OnConnectFailed(int code, const V2TIMString &message) override {
        Report(Line("connect_failed").Code(code).Text("desc", message.CString()), "connect_failed");
    }
    void OnDisconnected(int, const V2TIMString &) override { Report(Line("disconnected"), "disconnected"); }
    void OnKickedOfflineEx(const tessera::Kick &kick) override {
        static const char *const reasons[] = {"other", "policy", "admin", "revoked", "disabled", "ticket_refused"};
        Line line("kicked_offline");
        line.Text("reason", reasons[kick.reason]).Text("platform", kick.platform.CString()).Code(kick.code);
        Report(line, "kicked_offline");
    }
    void OnUserSigExpired() override { Report(Line("user_sig_expired"), "user_sig_expired"); }

private:
    void Report(Line line, const std::string &event);

    Host &host_;
    std::string name_;
    bool throws_;
};

/// What an app would be.
class Host {
public:
    void Act(const json &command, bool &ok, int &code);
    /// To be taken before the event is told: the hook that the answer to it brings is for the next one.
    Tree TakeHook(const std::string &event);
    void RunHook(const Tree &command);
    void ReportResult(const std::string &call, int code, const std::string &desc);

private:
    struct Hook {
        std::string event;
        Tree command;
    };

    Listener &ListenerNamed(const std::string &name, bool throws);
    void Init(const json &command, bool &ok, int &code);
    void Provide(const json &command);
    void AnswerTicket(const tessera::TicketRequest &request);
    void Reset();

    std::mutex mutex_;
    std::vector<Hook> hooks_;
    std::map<std::string, std::unique_ptr<Listener>> listeners_;
    std::deque<Tree> answers_;
};

/// The result of a call; deletes itself, as the documentation's sample does.
class Result final : public V2TIMCallback {
public:
    Result(Host &host, std::string call) : host_(host), call_(std::move(call)) {}

    void OnSuccess() override {
        host_.ReportResult(call_, 0, "");
        delete this;
    }
    void OnError(int code, const V2TIMString &message) override {
        host_.ReportResult(call_, code, message.CString());
        delete this;
    }

private:
    Host &host_;
    std::string call_;
};

void Listener::Report(Line line, const std::string &event) {
    Tree hook = name_ == "main" ? host_.TakeHook(event) : Tree();
    line.Text("listener", name_).Say();
    host_.RunHook(hook);
    if (throws_) {
        throw std::runtime_error("this listener always throws");
    }
}

/// A copy of a member that outlives the command.
Tree copied(const json &value) {
    json *copy = static_cast<json *>(calloc(1, sizeof(json)));
    *copy = value;
    copy->next = nullptr;
    copy->key = value.key != nullptr ? strdup(value.key) : nullptr;
    copy->text = value.text != nullptr ? strdup(value.text) : nullptr;
    copy->first = nullptr;
    Tree tree = owned(copy);
    json **last = &copy->first;
    for (const json *member = value.first; member != nullptr; member = member->next) {
        Tree inner = copied(*member);
        // The outer one owns it from here on.
        json *moved = static_cast<json *>(calloc(1, sizeof(json)));
        *moved = *inner;
        const_cast<json &>(*inner) = json{};
        *last = moved;
        last = &moved->next;
    }
    return tree;
}

void Host::ReportResult(const std::string &call, int code, const std::string &desc) {
    Line line("result");
    line.Text("call", call).Code(code);
    if (code != 0) {
        line.Retryable(tessera::LastError().retryable).Text("desc", desc);
    }
    Tree hook = TakeHook("result");
    line.Say();
    RunHook(hook);
}

Tree Host::TakeHook(const std::string &event) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = std::find_if(hooks_.begin(), hooks_.end(), [&](const Hook &hook) { return hook.event == event; });
    if (found == hooks_.end()) {
        return {};
    }
    Tree command = found->command;
    hooks_.erase(found);
    return command;
}

void Host::RunHook(const Tree &command) {
    if (command == nullptr) {
        return;
    }
    bool ok = true;
    int code = 0;
    Act(*command, ok, code);
}

Listener &Host::ListenerNamed(const std::string &name, bool throws) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto &listener = listeners_[name];
    if (listener == nullptr) {
        listener = std::make_unique<Listener>(*this, name, throws);
    }
    return *listener;
}

void Host::Init(const json &command, bool &ok, int &code) {
    V2TIMSDKConfig config;
    std::map<std::string, std::string> settings;
    for (const json *setting = json_get(&command, "settings")->first; setting != nullptr; setting = setting->next) {
        settings[setting->key] = setting->text;
    }
    auto text = [&](const char *name, std::optional<V2TIMString> &field) {
        auto found = settings.find(name);
        if (found != settings.end()) {
            field = V2TIMString(found->second);
            settings.erase(found);
        }
    };
    auto flag = [&](const char *name, std::optional<bool> &field) {
        auto found = settings.find(name);
        if (found != settings.end()) {
            field = found->second == "true";
            settings.erase(found);
        }
    };
    auto number = [&](const char *name, std::optional<uint64_t> &field) {
        auto found = settings.find(name);
        if (found != settings.end()) {
            field = std::stoull(found->second);
            settings.erase(found);
        }
    };
    text("server_url", config.serverUrl);
    text("device_id", config.deviceId);
    text("device_dir", config.deviceDir);
    text("platform", config.platform);
    text("ca_file", config.caFile);
    flag("allow_plain", config.allowPlain);
    flag("connect_at_init", config.connectAtInit);
    number("login_timeout_ms", config.loginTimeoutMs);
    number("connect_timeout_ms", config.connectTimeoutMs);
    number("logout_timeout_ms", config.logoutTimeoutMs);
    number("uninit_timeout_ms", config.uninitTimeoutMs);
    number("reconnect_delay_min_ms", config.reconnectDelayMinMs);
    number("reconnect_delay_max_ms", config.reconnectDelayMaxMs);
    number("reconnect_reset_ms", config.reconnectResetMs);
    number("hint_interval_ms", config.hintIntervalMs);
    number("probe_timeout_ms", config.probeTimeoutMs);
    number("silence_timeout_ms", config.silenceTimeoutMs);
    number("lease_ms", config.leaseMs);
    number("ticket_renew_percent", config.ticketRenewPercent);
    number("ticket_renew_jitter_percent", config.ticketRenewJitterPercent);
    number("ticket_request_interval_ms", config.ticketRequestIntervalMs);
    number("ticket_retry_min_ms", config.ticketRetryMinMs);
    number("ticket_retry_max_ms", config.ticketRetryMaxMs);
    number("events_waiting_max", config.eventsWaitingMax);
    if (!settings.empty()) {
        throw std::runtime_error("the driver does not know the setting " + settings.begin()->first);
    }
    manager().AddSDKListener(&ListenerNamed("main", false));
    ok = manager().InitSDK(static_cast<uint32_t>(json_number(&command, "app")), config);
    code = ok ? 0 : tessera::LastError().code;
}

void Host::Provide(const json &command) {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        answers_.clear();
        for (const json *answer = json_get(&command, "answers")->first; answer != nullptr; answer = answer->next) {
            answers_.push_back(copied(*answer));
        }
    }
    tessera::SetTicketProvider([this](const tessera::TicketRequest &request) { AnswerTicket(request); });
}

void Host::AnswerTicket(const tessera::TicketRequest &request) {
    Tree answer;
    {
        std::lock_guard<std::mutex> lock(mutex_);
        if (!answers_.empty()) {
            answer = answers_.front();
            answers_.pop_front();
        }
    }
    Tree hook = TakeHook("ticket_request");
    Line("ticket_request").Say();
    RunHook(hook);
    if (answer == nullptr || json_get(answer.get(), "error") != nullptr) {
        // That a provider throws is one way to have no ticket.
        throw std::runtime_error("no ticket");
    }
    if (const json *ticket = json_get(answer.get(), "ticket")) {
        request.Provide(ticket->text);
    }
    // Else it hangs: there is no answer, ever.
}

void Host::Reset() {
    manager().UnInitSDK();
    tessera::SetTicketProvider({});
    std::lock_guard<std::mutex> lock(mutex_);
    hooks_.clear();
    listeners_.clear();
    answers_.clear();
}

void Host::Act(const json &command, bool &ok, int &code) {
    const std::string what = json_text(&command, "do");
    const std::string call = json_text(&command, "call");
    if (what == "init") {
        Init(command, ok, code);
    } else if (what == "un_init") {
        manager().UnInitSDK();
    } else if (what == "login") {
        manager().Login(json_text(&command, "user"), json_text(&command, "ticket"), new Result(*this, call));
    } else if (what == "blocking_login") {
        tessera::Error error = tessera::LoginAndWait(json_text(&command, "user"), json_text(&command, "ticket"));
        ReportResult(call, error.code, error.desc.CString());
    } else if (what == "logout") {
        manager().Logout(new Result(*this, call));
    } else if (what == "hint") {
        tessera::NotifyNetworkAvailable();
    } else if (what == "provider") {
        Provide(command);
    } else if (what == "add_listener") {
        manager().AddSDKListener(&ListenerNamed(json_text(&command, "name"), json_number(&command, "throws") != 0));
    } else if (what == "remove_listener") {
        manager().RemoveSDKListener(&ListenerNamed(json_text(&command, "name"), false));
    } else if (what == "when") {
        std::lock_guard<std::mutex> lock(mutex_);
        hooks_.push_back({json_text(&command, "event"), copied(*json_get(&command, "then"))});
    } else if (what == "reset") {
        Reset();
    }
}

} // namespace

int main() {
    Host host;
    say("{\"driver\":\"cpp\",\"numbering\":\"cpp\"}");
    std::string line;
    while (std::getline(std::cin, line)) {
        Tree command = owned(json_read(line.c_str()));
        if (command == nullptr) {
            break;
        }
        bool ok = true;
        int code = 0;
        in_call = true;
        host.Act(*command, ok, code);
        in_call = false;
        std::string reply = "{\"reply\":" + std::to_string(json_number(command.get(), "id"));
        reply += std::string(",\"ok\":") + (ok ? "true" : "false");
        if (code != 0) {
            reply += ",\"code\":" + std::to_string(code);
        }
        say(reply + state());
    }
    return 0;
}
