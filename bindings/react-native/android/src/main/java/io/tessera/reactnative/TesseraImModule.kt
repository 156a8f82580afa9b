// The module of Android. It puts the library's functions into the runtime of JavaScript, and tells what the app's manifest
// says; nothing more.

package io.tessera.reactnative

import android.content.pm.PackageManager
import com.facebook.react.bridge.ReactApplicationContext
import com.facebook.react.module.annotations.ReactModule
import com.facebook.react.turbomodule.core.interfaces.CallInvokerHolder

@ReactModule(name = TesseraImModule.NAME)
class TesseraImModule(context: ReactApplicationContext) : NativeTesseraImSpec(context) {
  override fun getName(): String = NAME

  /** Called on the thread of JavaScript, whose runtime it needs: the method of the specification is synchronous. */
  override fun install(): Boolean {
    val context = reactApplicationContext
    val runtime = context.javaScriptContextHolder?.get() ?: return false
    val invoker = context.jsCallInvokerHolder ?: return false
    return install(runtime, invoker)
  }

  override fun getTypedExportedConstants(): Map<String, Any> {
    val context = reactApplicationContext
    val info = context.packageManager.getApplicationInfo(context.packageName, PackageManager.GET_META_DATA)
    val data = info.metaData ?: return mapOf("manifest" to emptyMap<String, String>())
    // Numbers and booleans of a manifest arrive as such; a setting is text.
    @Suppress("DEPRECATION")
    val settings = data.keySet().filter { it.startsWith(PREFIX) }.associateWith { data.get(it).toString() }
    return mapOf("manifest" to settings)
  }

  private external fun install(runtime: Long, invoker: CallInvokerHolder): Boolean

  companion object {
    const val NAME = "TesseraIm"
    private const val PREFIX = "io.tessera."

    init {
      System.loadLibrary("tessera_react_native")
    }
  }
}
