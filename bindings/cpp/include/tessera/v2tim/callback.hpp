// Callbacks of calls. The caller owns the object: it must live until its method is called, which may delete it.

#ifndef TESSERA_V2TIM_CALLBACK_HPP
#define TESSERA_V2TIM_CALLBACK_HPP

#include <cstdint>

#include "string.hpp"

class V2TIMBaseCallback {
public:
    V2TIMBaseCallback() = default;
    virtual ~V2TIMBaseCallback() = default;
};

/// The result of a call without a value.
class V2TIMCallback : public V2TIMBaseCallback {
public:
    ~V2TIMCallback() override = default;

    virtual void OnSuccess() = 0;
    /// `error_code` is one of `TIMErrCode`, or a number that a newer gateway knows. `tessera::LastError()` says more.
    virtual void OnError(int error_code, const V2TIMString &error_message) = 0;
};

/// The result of a call with a value.
template <class T>
class V2TIMValueCallback : public V2TIMBaseCallback {
public:
    ~V2TIMValueCallback() override = default;

    virtual void OnSuccess(const T &value) = 0;
    virtual void OnError(int error_code, const V2TIMString &error_message) = 0;
};

/// Both in one method.
template <class T>
class V2TIMCompleteCallback : public V2TIMBaseCallback {
public:
    ~V2TIMCompleteCallback() override = default;

    virtual void OnComplete(int error_code, const V2TIMString &error_message, const T &value) = 0;
};

/// A message. Messages are outside of the session layer, so there is never a value of it.
struct V2TIMMessage {};

/// The result of sending a message. Declared so that code compiles; there is no call that takes it.
class V2TIMSendCallback : public V2TIMValueCallback<V2TIMMessage> {
public:
    ~V2TIMSendCallback() override = default;

    virtual void OnProgress(uint32_t progress) = 0;
};

#endif
