// A host of React Native's kind for Linux: JavaScriptCore behind JSI, the generated module, and an event loop. It runs
// one script, `tessera-react-native-host <folder of packages> <script> [argument…]`, until that calls `host.exit`.
// `host.reload` takes the runtime down and makes it again, as React Native's reload does; with `true` it makes the next
// one first, as on iOS. There is nothing of React in it.

#include "JSCRuntime.h"
#include "tasks.h"

#include "install.h"

#include <JavaScriptCore/JavaScript.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <malloc.h>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

// JavaScriptCore has it for its own tests, and in no header.
extern "C" void JSSynchronousGarbageCollectForDebugging(JSContextRef);

namespace facebook::jsc {
// Of `JSCRuntime.patch`.
JSGlobalContextRef contextOf(jsi::Runtime &runtime);
} // namespace facebook::jsc

namespace host {
namespace {

enum class Wish { GoOn, Reload, ReloadOverlapping, Exit };

/// What is run: a file, where it finds packages, and what it is told.
struct Script {
  std::string packages;
  std::string file;
  std::vector<std::string> arguments;
};

const char *const prelude =
#include "prelude.inc"
    ;

/// One runtime, from its making to its end.
class Life {
public:
  Life(int number, const Script &script) : number_(number), script_(script), tasks_(std::make_shared<Tasks>()),
        runtime_(facebook::jsc::makeJSCRuntime()) {
    installGlobals();
  }

  ~Life() {
    // JavaScriptCore leaves some of what array buffers need behind, if they are still there when it ends.
    collectGarbage();
    tasks_->close();
    timers_.clear();
    runtime_.reset();
    // glibc does not use again all that JavaScriptCore has freed: without it each life takes some 30 kB more.
    malloc_trim(0);
  }

  std::shared_ptr<Tasks> tasks() const { return tasks_; }
  int exitCode() const { return exitCode_; }

  /// Runs the script itself; what it has begun goes on in `run`.
  void start() {
    orEnd([this] {
      runtime_->evaluateJavaScript(std::make_unique<jsi::StringBuffer>(prelude), "prelude.js");
      auto file = jsi::String::createFromUtf8(*runtime_, script_.file);
      runtime_->global().getPropertyAsFunction(*runtime_, "runScript").call(*runtime_, file);
    });
  }

  Wish run() {
    while (wish_ == Wish::GoOn) {
      orEnd([this] {
        if (auto callback = timers_.takeDue()) {
          callback->call(*runtime_);
        } else if (auto task = tasks_->next(timers_.nextDue())) {
          (*task)(*runtime_);
        }
      });
    }
    return wish_;
  }

private:
  using Body = std::function<jsi::Value(jsi::Runtime &, const jsi::Value *, size_t)>;

  /// What JavaScript throws ends the program. It is a value of the runtime, so it must not outlive that.
  template <typename Work> void orEnd(Work work) {
    try {
      work();
    } catch (const jsi::JSError &error) {
      std::cerr << error.getMessage() << "\n" << error.getStack() << std::endl;
      exitCode_ = 1;
      wish_ = Wish::Exit;
    }
  }

  jsi::Function function(const char *name, Body body) {
    auto call = [body = std::move(body)](jsi::Runtime &runtime, const jsi::Value &, const jsi::Value *arguments,
                                         size_t count) { return body(runtime, arguments, count); };
    return jsi::Function::createFromHostFunction(*runtime_, jsi::PropNameID::forAscii(*runtime_, name), 1, call);
  }

  void installGlobals() {
    jsi::Runtime &runtime = *runtime_;
    jsi::Object host(runtime);
    auto add = [&](const char *name, Body body) { host.setProperty(runtime, name, function(name, std::move(body))); };
    add("install", [this](jsi::Runtime &runtime, const jsi::Value *, size_t) {
      tessera::install(runtime, tasks_);
      return jsi::Value(true);
    });
    add("print", [](jsi::Runtime &runtime, const jsi::Value *arguments, size_t) {
      std::cout << arguments[0].toString(runtime).utf8(runtime) << std::endl;
      return jsi::Value();
    });
    add("printError", [](jsi::Runtime &runtime, const jsi::Value *arguments, size_t) {
      std::cerr << arguments[0].toString(runtime).utf8(runtime) << std::endl;
      return jsi::Value();
    });
    add("exit", [this](jsi::Runtime &, const jsi::Value *arguments, size_t count) {
      exitCode_ = count > 0 ? static_cast<int>(arguments[0].asNumber()) : 0;
      wish_ = Wish::Exit;
      return jsi::Value();
    });
    add("reload", [this](jsi::Runtime &, const jsi::Value *arguments, size_t count) {
      bool overlaps = count > 0 && arguments[0].getBool();
      wish_ = overlaps ? Wish::ReloadOverlapping : Wish::Reload;
      return jsi::Value();
    });
    add("now", [](jsi::Runtime &, const jsi::Value *, size_t) {
      return jsi::Value(std::chrono::duration<double, std::milli>(Clock::now().time_since_epoch()).count());
    });
    add("environment", [](jsi::Runtime &runtime, const jsi::Value *arguments, size_t) {
      const char *value = std::getenv(arguments[0].toString(runtime).utf8(runtime).c_str());
      return value ? jsi::Value(jsi::String::createFromUtf8(runtime, value)) : jsi::Value::null();
    });
    add("isFile", [](jsi::Runtime &runtime, const jsi::Value *arguments, size_t) {
      return jsi::Value(std::filesystem::is_regular_file(arguments[0].toString(runtime).utf8(runtime)));
    });
    add("readFile", [](jsi::Runtime &runtime, const jsi::Value *arguments, size_t) {
      std::ifstream file(arguments[0].toString(runtime).utf8(runtime));
      std::stringstream text;
      text << file.rdbuf();
      return jsi::Value(jsi::String::createFromUtf8(runtime, text.str()));
    });
    add("evaluate", [](jsi::Runtime &runtime, const jsi::Value *arguments, size_t) {
      auto text = std::make_unique<jsi::StringBuffer>(arguments[0].toString(runtime).utf8(runtime));
      return runtime.evaluateJavaScript(std::move(text), arguments[1].toString(runtime).utf8(runtime));
    });
    add("collectGarbage", [this](jsi::Runtime &, const jsi::Value *, size_t) {
      collectGarbage();
      return jsi::Value();
    });
    // Bytes that are allocated, whatever the allocator keeps beside them for later.
    add("allocated", [](jsi::Runtime &, const jsi::Value *, size_t) {
      struct mallinfo2 info = mallinfo2();
      return jsi::Value(static_cast<double>(info.uordblks + info.hblkhd));
    });
    // What nothing can be cheaper than: for the bench.
    add("nothing", [](jsi::Runtime &, const jsi::Value *, size_t) { return jsi::Value(0); });
    add("post", [this](jsi::Runtime &runtime, const jsi::Value *arguments, size_t) {
      post(std::make_shared<jsi::Function>(arguments[0].asObject(runtime).asFunction(runtime)));
      return jsi::Value();
    });
    host.setProperty(runtime, "life", number_);
    host.setProperty(runtime, "arguments", texts(script_.arguments));
    host.setProperty(runtime, "packages", jsi::String::createFromUtf8(runtime, script_.packages));
    auto timeout = [this](jsi::Runtime &runtime, const jsi::Value *arguments, size_t count) {
      double delay = count > 1 && arguments[1].isNumber() ? arguments[1].asNumber() : 0;
      auto callback = std::make_shared<jsi::Function>(arguments[0].asObject(runtime).asFunction(runtime));
      return jsi::Value(timers_.add(std::move(callback), delay));
    };
    auto clear = [this](jsi::Runtime &, const jsi::Value *arguments, size_t count) {
      if (count > 0 && arguments[0].isNumber()) {
        timers_.remove(arguments[0].asNumber());
      }
      return jsi::Value();
    };
    runtime.global().setProperty(runtime, "setTimeout", function("setTimeout", timeout));
    runtime.global().setProperty(runtime, "clearTimeout", function("clearTimeout", clear));
    runtime.global().setProperty(runtime, "host", host);
  }

  jsi::Array texts(const std::vector<std::string> &texts) {
    jsi::Array array(*runtime_, texts.size());
    for (size_t at = 0; at < texts.size(); ++at) {
      array.setValueAtIndex(*runtime_, at, jsi::String::createFromUtf8(*runtime_, texts[at]));
    }
    return array;
  }

  /// Calls back through the queue, as bare as can be: for the bench.
  void post(std::shared_ptr<jsi::Function> callback) {
    tasks_->invokeAsync([callback = std::move(callback)](jsi::Runtime &runtime) { callback->call(runtime); });
  }

  void collectGarbage() {
    // Two, because finalisers of the first may free what the second finds.
    auto context = facebook::jsc::contextOf(*runtime_);
    JSSynchronousGarbageCollectForDebugging(context);
    JSSynchronousGarbageCollectForDebugging(context);
  }

  int number_;
  Script script_;
  std::shared_ptr<Tasks> tasks_;
  Timers timers_;
  std::unique_ptr<jsi::Runtime> runtime_;
  Wish wish_ = Wish::GoOn;
  int exitCode_ = 0;
};

/// Passes the lines of standard input to `host.onLine` of whichever runtime there is, and `null` after the last.
class Lines {
public:
  void goTo(std::weak_ptr<Tasks> tasks) {
    std::lock_guard<std::mutex> lock(mutex_);
    tasks_ = std::move(tasks);
  }

  void read() {
    std::string line;
    while (std::getline(std::cin, line)) {
      pass(line);
    }
    pass(std::nullopt);
  }

private:
  void pass(std::optional<std::string> line) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (auto tasks = tasks_.lock()) {
      tasks->invokeAsync([line = std::move(line)](jsi::Runtime &runtime) {
        auto onLine = runtime.global().getPropertyAsObject(runtime, "host").getProperty(runtime, "onLine");
        if (onLine.isObject()) {
          auto value = line ? jsi::Value(jsi::String::createFromUtf8(runtime, *line)) : jsi::Value::null();
          onLine.asObject(runtime).asFunction(runtime).call(runtime, value);
        }
      });
    }
  }

  std::mutex mutex_;
  std::weak_ptr<Tasks> tasks_;
};

int runLives(const Script &script) {
  // It reads until the process ends, and so does what it needs.
  static auto *lines = new Lines;
  std::unique_ptr<Life> life;
  std::unique_ptr<Life> before;
  for (int number = 0;; ++number) {
    life = std::make_unique<Life>(number, script);
    lines->goTo(life->tasks());
    if (number == 0) {
      std::thread([] { lines->read(); }).detach();
    }
    life->start();
    before.reset();
    Wish wish = life->run();
    if (wish == Wish::Exit) {
      return life->exitCode();
    }
    if (wish == Wish::ReloadOverlapping) {
      before = std::move(life);
    }
    life.reset();
  }
}

} // namespace
} // namespace host

int main(int count, char **given) {
  if (count < 3) {
    std::cerr << "tessera-react-native-host <folder of packages> <script> [argument…]" << std::endl;
    return 2;
  }
  int code = host::runLives({given[1], given[2], std::vector<std::string>(given + 3, given + count)});
  // Not `exit`: the reader of lines still runs.
  std::cout.flush();
  std::_Exit(code);
}
