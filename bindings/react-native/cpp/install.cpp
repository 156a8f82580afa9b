#include "install.h"

#include "tessera.hpp"

namespace tessera {

void install(facebook::jsi::Runtime &runtime, std::shared_ptr<facebook::react::CallInvoker> invoker) {
  NativeTessera::registerModule(runtime, std::move(invoker));
}

void uninstall(facebook::jsi::Runtime &runtime) { NativeTessera::unregisterModule(runtime); }

} // namespace tessera
