// Waits of one runtime's JavaScript for Rust's futures. The generated C++ calls it, instead of keeping one callback of
// JavaScript in a global for the whole process: while an app is reloaded there may be two runtimes, and futures of the
// one before are never awaited to their end. It knows nothing of what a future does.
#pragma once

#include "UniffiCallInvoker.h"
#include <jsi/jsi.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace tessera {

namespace jsi = facebook::jsi;

/// Futures that a runtime has not freed. Of the runtime's thread, and it ends with the runtime, whose futures it frees.
class Futures {
public:
  /// What Rust calls when a future should be polled again or is ready: once for each poll, on any thread.
  using Continue = void (*)(uint64_t data, int8_t result);
  using Poll = void (*)(uint64_t future, Continue next, uint64_t data);
  using Free = void (*)(uint64_t future);

  explicit Futures(std::shared_ptr<uniffi_runtime::UniffiCallInvoker> invoker)
      : invoker_(std::move(invoker)), callback_(std::make_shared<Callback>()) {}
  Futures(const Futures &) = delete;
  Futures &operator=(const Futures &) = delete;

  ~Futures() {
    Waits::ofProcess().forget(this);
    // Rust's end of a future calls back, and finds that nobody waits.
    for (auto [future, free] : free_) {
      free(future);
    }
  }

  /// Polls a future. `callback` is called with `data` and the result, on the runtime's thread, unless that has ended. It
  /// is the same in all calls. What the first poll finds comes in a task of its own. Another poll is made in such a task
  /// already: if the future is ready then, it comes before `poll` returns.
  void poll(jsi::Runtime &runtime, Poll poll, Free free, uint64_t future, const jsi::Value &callback, uint64_t data) {
    if (!*callback_) {
      callback_->emplace(callback.asObject(runtime).asFunction(runtime));
    }
    bool isFirst = free_.emplace(future, free).second;
    uint64_t number = Waits::ofProcess().add({this, &runtime, invoker_, callback_, data});
    if (isFirst) {
      return poll(future, &Futures::next, number);
    }
    Here here{number, false};
    here_ = &here;
    poll(future, &Futures::next, number);
    here_ = nullptr;
    if (here.isReady) {
      Waits::ofProcess().take(number);
      (*callback_)->call(runtime, jsi::BigInt::fromUint64(runtime, data), static_cast<int>(ready));
    }
  }

  void free(Free free, uint64_t future) {
    free_.erase(future);
    free(future);
  }

private:
  using Callback = std::optional<jsi::Function>;

  /// Who waits for the answer to a poll.
  struct Wait {
    const Futures *owner;
    jsi::Runtime *runtime;
    std::shared_ptr<uniffi_runtime::UniffiCallInvoker> invoker;
    // Weak, because it must end on the runtime's thread and before the runtime, whatever is still in the queue.
    std::weak_ptr<Callback> callback;
    uint64_t data;
  };

  /// A poll that is under way on this thread, and whether it has found the future ready.
  struct Here {
    uint64_t number;
    bool isReady;
  };

  /// The result of a poll that ends the wait; with the other one the future should be polled again.
  static constexpr int8_t ready = 0;

  /// All waits, by the number that Rust gets. No number is used twice, so an answer never reaches another runtime.
  class Waits {
  public:
    static Waits &ofProcess() {
      // It is never destroyed: Rust's threads outlive `main`.
      static auto *waits = new Waits;
      return *waits;
    }

    uint64_t add(Wait wait) {
      std::lock_guard<std::mutex> lock(mutex_);
      waits_.emplace(++last_, std::move(wait));
      return last_;
    }

    std::optional<Wait> take(uint64_t number) {
      std::lock_guard<std::mutex> lock(mutex_);
      auto taken = waits_.extract(number);
      return taken ? std::optional(std::move(taken.mapped())) : std::nullopt;
    }

    void forget(const Futures *owner) {
      std::lock_guard<std::mutex> lock(mutex_);
      std::erase_if(waits_, [owner](const auto &wait) { return wait.second.owner == owner; });
    }

  private:
    std::mutex mutex_;
    std::unordered_map<uint64_t, Wait> waits_;
    uint64_t last_ = 0;
  };

  static void next(uint64_t number, int8_t result) {
    if (here_ && here_->number == number && result == ready) {
      here_->isReady = true;
      return;
    }
    auto wait = Waits::ofProcess().take(number);
    if (!wait) {
      return;
    }
    wait->invoker->invokeNonBlocking(
        *wait->runtime, [callback = wait->callback, data = wait->data, result](jsi::Runtime &runtime) {
          // Without it the runtime has ended, and must not be touched.
          if (auto live = callback.lock()) {
            (*live)->call(runtime, jsi::BigInt::fromUint64(runtime, data), static_cast<int>(result));
          }
        });
  }

  static inline thread_local Here *here_ = nullptr;
  std::shared_ptr<uniffi_runtime::UniffiCallInvoker> invoker_;
  std::shared_ptr<Callback> callback_;
  std::unordered_map<uint64_t, Free> free_;
};

} // namespace tessera
