// What a platform's module does with a runtime: it puts the generated functions into it. The modules of Android and iOS
// call it, and the host for Linux. They go with the runtime, and so do clients that it still has.
#pragma once

#include <ReactCommon/CallInvoker.h>
#include <jsi/jsi.h>

#include <memory>

namespace tessera {

/// Makes the functions of the library known to JavaScript, as `NativeTessera` of its global object. To be called on the
/// thread that runs JavaScript, once for a runtime.
void install(facebook::jsi::Runtime &runtime, std::shared_ptr<facebook::react::CallInvoker> invoker);

} // namespace tessera
