// V2TIMString and V2TIMBuffer, and the small containers of V2TIM.

#ifndef TESSERA_V2TIM_STRING_HPP
#define TESSERA_V2TIM_STRING_HPP

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// A text of bytes, UTF-8 wherever the SDK has to do with it. It may hold zero bytes: a user id or a ticket
/// with one is refused.
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

/// Bytes, of which it keeps a copy.
class V2TIMBuffer {
public:
    V2TIMBuffer() = default;
    /// NULL is no bytes.
    V2TIMBuffer(const uint8_t *data, size_t size) {
        if (data != nullptr) {
            bytes_.assign(data, data + size);
        }
    }
    V2TIMBuffer(const V2TIMBuffer &) = default;
    virtual ~V2TIMBuffer() = default;

    V2TIMBuffer &operator=(const V2TIMBuffer &) = default;

    /// Good until the buffer changes.
    const uint8_t *Data() const { return bytes_.data(); }
    size_t Size() const { return bytes_.size(); }

private:
    std::vector<uint8_t> bytes_;
};

/// A list. Those that the SDK itself would fill belong to events outside of the session layer, which never fire.
template <class T>
class V2TIMVector {
public:
    size_t Size() const { return items_.size(); }
    bool Empty() const { return items_.empty(); }
    void PushBack(const T &item) { items_.push_back(item); }
    /// Nothing happens if there is none.
    void PopBack() {
        if (!items_.empty()) {
            items_.pop_back();
        }
    }
    /// Nothing happens if there is none at that place.
    void Erase(size_t index) {
        if (index < items_.size()) {
            items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(index));
        }
    }
    void Clear() { items_.clear(); }
    T &operator[](size_t index) { return items_[index]; }
    const T &operator[](size_t index) const { return items_[index]; }

private:
    std::vector<T> items_;
};

/// A map; for whom, see V2TIMVector.
template <class Key, class Value>
class V2TIMMap {
public:
    /// False if the key is there already: its value stays.
    bool Insert(const Key &key, const Value &value) { return items_.emplace(key, value).second; }
    void Erase(const Key &key) { items_.erase(key); }
    size_t Count(const Key &key) const { return items_.count(key); }
    size_t Size() const { return items_.size(); }
    /// An empty value if the key is not there.
    Value Get(const Key &key) const {
        auto found = items_.find(key);
        return found != items_.end() ? found->second : Value();
    }
    Value &operator[](const Key &key) { return items_[key]; }
    const V2TIMVector<Key> AllKeys() const {
        V2TIMVector<Key> keys;
        for (const auto &item : items_) {
            keys.PushBack(item.first);
        }
        return keys;
    }

private:
    std::map<Key, Value> items_;
};

using V2TIMStringVector = V2TIMVector<V2TIMString>;
using V2TIMCustomInfo = V2TIMMap<V2TIMString, V2TIMBuffer>;

/// The same by the names that V2TIM's headers make them under.
using TXV2TIMStringVector = V2TIMStringVector;
using TXV2TIMStringToV2TIMBufferMap = V2TIMCustomInfo;

#endif
