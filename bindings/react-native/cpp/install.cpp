#include "install.h"

#include "tessera.hpp"

void tessera::install(facebook::jsi::Runtime &runtime, std::shared_ptr<facebook::react::CallInvoker> invoker) {
  NativeTessera::registerModule(runtime, std::move(invoker));
}
