#include "install.h"

#include "tessera.hpp"

namespace jsi = facebook::jsi;

void tessera::install(jsi::Runtime &runtime, std::shared_ptr<facebook::react::CallInvoker> invoker) {
  NativeTessera::registerModule(runtime, std::move(invoker));
  // The generated object answers each read of a function in C++, by its name as text, which takes as long as the call. An
  // ordinary object in its place has the functions themselves, and keeps the other, whose members they use.
  const char *name = "NativeTessera";
  auto generated = runtime.global().getPropertyAsObject(runtime, name);
  auto names = generated.getPropertyNames(runtime);
  jsi::Object functions(runtime);
  for (size_t at = 0; at < names.length(runtime); ++at) {
    auto function = names.getValueAtIndex(runtime, at).asString(runtime);
    functions.setProperty(runtime, function, generated.getProperty(runtime, function));
  }
  functions.setProperty(runtime, "generated", generated);
  runtime.global().setProperty(runtime, name, functions);
}
