// From Kotlin to C++: the runtime and the call invoker of React Native, unwrapped.

#include "install.h"

#include <ReactCommon/CallInvokerHolder.h>
#include <fbjni/fbjni.h>
#include <jni.h>

extern "C" JNIEXPORT jboolean JNICALL Java_io_tessera_reactnative_TesseraImModule_install(JNIEnv *, jobject,
                                                                                          jlong runtime,
                                                                                          jobject invoker) {
  using Holder = facebook::react::CallInvokerHolder;
  auto holder = facebook::jni::static_ref_cast<Holder::javaobject>(facebook::jni::make_local(invoker));
  tessera::install(*reinterpret_cast<facebook::jsi::Runtime *>(runtime), holder->cthis()->getCallInvoker());
  return JNI_TRUE;
}
