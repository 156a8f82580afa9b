// V2TIMString, and the small containers of V2TIM.

#ifndef TESSERA_V2TIM_STRING_HPP
#define TESSERA_V2TIM_STRING_HPP

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// A text of bytes, UTF-8 wherever the SDK has to do with it. It may hold zero bytes, which C then does not see.
class V2TIMString {
public:
    V2TIMString() = default;
    /// NULL is an empty text.
    V2TIMString(const char *text) : text_(text != nullptr ? text : "") {}
    V2TIMString(const char *text, size_t size) : text_(text != nullptr ? std::string(text, size) : std::string()) {}
    /// Beyond V2TIM.
    V2TIMString(std::string text) : text_(std::move(text)) {}
    V2TIMString(const V2TIMString &) = default;
    V2TIMString(V2TIMString &&) = default;
    virtual ~V2TIMString() = default;

    V2TIMString &operator=(const V2TIMString &) = default;
    V2TIMString &operator=(V2TIMString &&) = default;
    V2TIMString &operator=(const char *text) {
        text_ = text != nullptr ? text : "";
        return *this;
    }

    bool operator==(const V2TIMString &other) const { return text_ == other.text_; }
    bool operator!=(const V2TIMString &other) const { return text_ != other.text_; }
    bool operator<(const V2TIMString &other) const { return text_ < other.text_; }
    char &operator[](int index) { return text_[static_cast<size_t>(index)]; }

    size_t Size() const { return text_.size(); }
    size_t Length() const { return text_.size(); }
    bool Empty() const { return text_.empty(); }
    /// Good until the text changes.
    const char *CString() const { return text_.c_str(); }

private:
    std::string text_;
};

/// A list. Those that the SDK itself would fill belong to events outside of the session layer, which never fire.
template <class T>
class V2TIMVector {
public:
    size_t Size() const { return items_.size(); }
    bool Empty() const { return items_.empty(); }
    void PushBack(const T &item) { items_.push_back(item); }
    void Clear() { items_.clear(); }
    T &operator[](size_t index) { return items_[index]; }
    const T &operator[](size_t index) const { return items_[index]; }

private:
    std::vector<T> items_;
};

using V2TIMStringVector = V2TIMVector<V2TIMString>;
using V2TIMCustomInfo = std::map<V2TIMString, V2TIMString>;

#endif
