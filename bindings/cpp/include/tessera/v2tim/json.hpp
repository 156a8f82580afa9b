// The JSON object that TIMInit takes, as it is written. It reads nothing.

#ifndef TESSERA_V2TIM_JSON_HPP
#define TESSERA_V2TIM_JSON_HPP

#include <cstdint>
#include <cstdio>
#include <string>

#include "string.hpp"

namespace tessera::detail {

class Json {
public:
    void Add(const char *key, const V2TIMString &value) {
        Key(key);
        text_ += '"';
        const char *text = value.CString();
        for (size_t at = 0; at < value.Size(); ++at) {
            Escape(text[at]);
        }
        text_ += '"';
    }
    void Add(const char *key, bool value) {
        Key(key);
        text_ += value ? "true" : "false";
    }
    void Add(const char *key, uint64_t value) {
        Key(key);
        text_ += std::to_string(value);
    }

    std::string Text() const { return "{" + text_ + "}"; }

private:
    void Key(const char *key) { text_ += std::string(text_.empty() ? "\"" : ",\"") + key + "\":"; }

    void Escape(char letter) {
        if (letter == '"' || letter == '\\') {
            text_ += '\\';
        }
        if (static_cast<unsigned char>(letter) >= 0x20) {
            text_ += letter;
            return;
        }
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(letter));
        text_ += escaped;
    }

    std::string text_;
};

} // namespace tessera::detail

#endif
