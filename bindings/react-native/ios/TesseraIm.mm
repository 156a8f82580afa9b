// The module of iOS. It puts the library's functions into the runtime of JavaScript, and tells what only the platform
// knows: what the app's property list says, that it runs on an iPad, where the device's id is kept, and when there is a
// network.
#import "TesseraIm.h"

#import <Network/Network.h>

#include "install.h"

#include <memory>
#include <sys/utsname.h>

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

/// Such as "iPad14,1". `UIDevice` would tell too, and belongs to the main thread, where this is not called.
NSString *Model() {
  NSString *simulated = NSProcessInfo.processInfo.environment[@"SIMULATOR_MODEL_IDENTIFIER"];
  struct utsname system;
  return simulated ?: (uname(&system) == 0 ? @(system.machine) : @"");
}

/// The folder of the device id, made if it is not there, and left out of backups: two devices with the same id would
/// replace each other for ever.
NSString *DeviceFolder() {
  NSFileManager *files = NSFileManager.defaultManager;
  NSURL *support = [files URLsForDirectory:NSApplicationSupportDirectory inDomains:NSUserDomainMask].firstObject;
  NSString *bundle = NSBundle.mainBundle.bundleIdentifier;
  if (support == nil || bundle == nil) {
    return nil;
  }
  NSURL *folder = [[support URLByAppendingPathComponent:bundle isDirectory:YES] URLByAppendingPathComponent:@"tessera"
                                                                                                isDirectory:YES];
  // What fails here fails in the library too, which says so in the log.
  [files createDirectoryAtURL:folder
      withIntermediateDirectories:YES
                       attributes:@{NSFilePosixPermissions : @0700}
                            error:nil];
  [folder setResourceValue:@YES forKey:NSURLIsExcludedFromBackupKey error:nil];
  return folder.path;
}

} // namespace

@implementation TesseraIm {
  nw_path_monitor_t _networks;
}

RCT_EXPORT_MODULE()

- (std::shared_ptr<react::TurboModule>)getTurboModule:(const react::ObjCTurboModule::InitParams &)params {
  // It is told where events go, so that there may be some from now on.
  auto module = std::make_shared<Module>(params);
  [self watchNetworks];
  return module;
}

- (void)watchNetworks {
  if (_networks != nil) {
    return;
  }
  _networks = nw_path_monitor_create();
  nw_path_monitor_set_queue(_networks, dispatch_queue_create("io.tessera.network", DISPATCH_QUEUE_SERIAL));
  __weak TesseraIm *weak = self;
  // The first update tells of the network that was there already.
  __block BOOL isFirst = YES;
  nw_path_monitor_set_update_handler(_networks, ^(nw_path_t path) {
    if (!isFirst && nw_path_get_status(path) == nw_path_status_satisfied) {
      [weak emitOnNetworkAvailable];
    }
    isFirst = NO;
  });
  nw_path_monitor_start(_networks);
}

- (void)invalidate {
  if (_networks != nil) {
    nw_path_monitor_cancel(_networks);
    _networks = nil;
  }
}

/// Never called: `Module` answers.
- (NSNumber *)install {
  return @NO;
}

- (facebook::react::ModuleConstants<JS::NativeTesseraIm::Constants::Builder>)getConstants {
  NSMutableDictionary<NSString *, NSString *> *settings = [NSMutableDictionary new];
  // What the environment says is weaker than a property list, and stronger than what is found out here.
  NSDictionary<NSString *, NSString *> *environment = NSProcessInfo.processInfo.environment;
  // The library takes an iPad for an iPhone: its operating system has the same name.
  if (environment[@"TESSERA_PLATFORM"] == nil && [Model() hasPrefix:@"iPad"]) {
    settings[@"TesseraPlatform"] = @"ipad";
  }
  NSString *folder = environment[@"TESSERA_DEVICE_DIR"] == nil ? DeviceFolder() : nil;
  if (folder != nil) {
    settings[@"TesseraDeviceDir"] = folder;
  }
  [NSBundle.mainBundle.infoDictionary enumerateKeysAndObjectsUsingBlock:^(NSString *key, id value, BOOL *) {
    if ([key hasPrefix:@"Tessera"]) {
      settings[key] = [value description];
    }
  }];
  return facebook::react::typedConstants<JS::NativeTesseraIm::Constants::Builder>({.manifest = settings});
}

- (facebook::react::ModuleConstants<JS::NativeTesseraIm::Constants::Builder>)constantsToExport {
  return [self getConstants];
}

@end
