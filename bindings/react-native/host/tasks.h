// What has to be done on the JavaScript thread: calls of other threads, timers. It is React Native's `CallInvoker` for
// the life of one runtime, and knows nothing of what is called.
#pragma once

#include <ReactCommon/CallInvoker.h>
#include <jsi/jsi.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace host {

using Clock = std::chrono::steady_clock;
namespace jsi = facebook::jsi;
namespace react = facebook::react;

/// Calls of any thread, in order, for the thread that runs JavaScript.
class Tasks : public react::CallInvoker {
public:
  void invokeAsync(react::CallFunc &&task) noexcept override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!isClosed_) {
      waiting_.push_back(std::move(task));
      arrived_.notify_one();
    }
  }

  // Nobody calls it: the generated code never waits for JavaScript.
  void invokeSync(react::CallFunc &&) override { std::terminate(); }

  /// The next task; none if none comes before then.
  std::optional<react::CallFunc> next(Clock::time_point until) {
    std::unique_lock<std::mutex> lock(mutex_);
    arrived_.wait_until(lock, until, [this] { return !waiting_.empty(); });
    if (waiting_.empty()) {
      return std::nullopt;
    }
    auto task = std::move(waiting_.front());
    waiting_.pop_front();
    return task;
  }

  /// Forgets what waits, and whatever comes later: the runtime is about to go, and tasks hold values of it.
  void close() {
    std::deque<react::CallFunc> forgotten;
    std::lock_guard<std::mutex> lock(mutex_);
    isClosed_ = true;
    forgotten.swap(waiting_);
  }

private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<react::CallFunc> waiting_;
  bool isClosed_ = false;
};

/// Timers of `setTimeout`. Of the JavaScript thread alone.
class Timers {
public:
  double add(std::shared_ptr<jsi::Function> callback, double delay) {
    auto due = Clock::now() + std::chrono::microseconds(static_cast<int64_t>(delay * 1000));
    double id = ++last_;
    due_.emplace(std::make_pair(due, id), std::move(callback));
    return id;
  }

  void remove(double id) {
    for (auto timer = due_.begin(); timer != due_.end(); ++timer) {
      if (timer->first.second == id) {
        due_.erase(timer);
        return;
      }
    }
  }

  /// When the next one is due; far away if there is none.
  Clock::time_point nextDue() const {
    return due_.empty() ? Clock::now() + std::chrono::hours(1) : due_.begin()->first.first;
  }

  /// Takes the next one if it is due.
  std::shared_ptr<jsi::Function> takeDue() {
    if (due_.empty() || due_.begin()->first.first > Clock::now()) {
      return nullptr;
    }
    auto callback = std::move(due_.begin()->second);
    due_.erase(due_.begin());
    return callback;
  }

  void clear() { due_.clear(); }

private:
  // By time, and by age where the time is the same.
  std::map<std::pair<Clock::time_point, double>, std::shared_ptr<jsi::Function>> due_;
  double last_ = 0;
};

} // namespace host
