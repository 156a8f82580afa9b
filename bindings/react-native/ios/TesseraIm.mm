// The module of iOS. It puts the library's functions into the runtime of JavaScript, and tells what the app's property
// list says; nothing more.
#import "TesseraIm.h"

#include "install.h"

#include <memory>

namespace {

using namespace facebook;

/// `install` needs the runtime, which methods written in Objective-C do not get.
class Module : public react::NativeTesseraImSpecJSI {
public:
  explicit Module(const react::ObjCTurboModule::InitParams &params)
      : NativeTesseraImSpecJSI(params), invoker_(params.jsInvoker) {
    methodMap_["install"] = MethodMetadata{0, install};
  }

private:
  static jsi::Value install(jsi::Runtime &runtime, react::TurboModule &module, const jsi::Value *, size_t) {
    tessera::install(runtime, static_cast<Module &>(module).invoker_);
    return jsi::Value(true);
  }

  std::shared_ptr<react::CallInvoker> invoker_;
};

} // namespace

@implementation TesseraIm

RCT_EXPORT_MODULE()

- (std::shared_ptr<react::TurboModule>)getTurboModule:(const react::ObjCTurboModule::InitParams &)params {
  return std::make_shared<Module>(params);
}

/// Never called: `Module` answers.
- (NSNumber *)install {
  return @NO;
}

- (facebook::react::ModuleConstants<JS::NativeTesseraIm::Constants>)getConstants {
  NSMutableDictionary<NSString *, NSString *> *settings = [NSMutableDictionary new];
  [NSBundle.mainBundle.infoDictionary enumerateKeysAndObjectsUsingBlock:^(NSString *key, id value, BOOL *) {
    if ([key hasPrefix:@"Tessera"]) {
      settings[key] = [value description];
    }
  }];
  return facebook::react::typedConstants<JS::NativeTesseraIm::Constants>({.manifest = settings});
}

- (facebook::react::ModuleConstants<JS::NativeTesseraIm::Constants>)constantsToExport {
  return [self getConstants];
}

@end
