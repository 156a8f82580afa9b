// The module of Android. It puts the library's functions into the runtime of JavaScript, and tells what only the platform
// knows: what the app's manifest says, where the device's id is kept, and when there is a network.

package io.tessera.reactnative

import android.content.Context
import android.content.pm.PackageManager
import android.net.ConnectivityManager
import android.net.Network
import android.os.Bundle
import android.util.Log
import com.facebook.react.bridge.ReactApplicationContext
import com.facebook.react.module.annotations.ReactModule
import com.facebook.react.turbomodule.core.interfaces.CallInvokerHolder
import java.io.File

@ReactModule(name = TesseraImModule.NAME)
class TesseraImModule(context: ReactApplicationContext) : NativeTesseraImSpec(context) {
  private val connectivity = context.getSystemService(Context.CONNECTIVITY_SERVICE) as? ConnectivityManager
  private var watched: ConnectivityManager.NetworkCallback? = null

  override fun getName(): String = NAME

  /** Called on the thread of JavaScript, whose runtime it needs: the method of the specification is synchronous. */
  override fun install(): Boolean {
    val context = reactApplicationContext
    val runtime = context.javaScriptContextHolder?.get() ?: return false
    val invoker = context.jsCallInvokerHolder ?: return false
    watchNetworks()
    return install(runtime, invoker)
  }

  override fun invalidate() {
    watched?.let { connectivity?.unregisterNetworkCallback(it) }
    watched = null
    super.invalidate()
  }

  override fun getTypedExportedConstants(): Map<String, Any> {
    val context = reactApplicationContext
    val info = context.packageManager.getApplicationInfo(context.packageName, PackageManager.GET_META_DATA)
    val data = info.metaData ?: Bundle.EMPTY
    // Not among what a backup puts on another device: two with the same id would replace each other for ever.
    val folder = mapOf(DEVICE_DIR to File(context.noBackupFilesDir, "tessera").path)
    // Numbers and booleans of a manifest arrive as such; a setting is text.
    @Suppress("DEPRECATION")
    val settings = data.keySet().filter { it.startsWith(PREFIX) }.associateWith { data.get(it).toString() }
    return mapOf("manifest" to folder + settings)
  }

  private fun watchNetworks() {
    if (watched != null) return
    try {
      val callback =
        object : ConnectivityManager.NetworkCallback() {
          // The system tells at first of the one that is there, which is no news.
          private var known = connectivity?.activeNetwork

          override fun onAvailable(network: Network) {
            val first = known
            // Whichever comes first: a return to the one that was there is news.
            known = null
            if (network != first) emitOnNetworkAvailable()
          }
        }
      connectivity?.registerDefaultNetworkCallback(callback)
      watched = callback
    } catch (error: RuntimeException) {
      // The system allows an app so many, and some devices forbid it: the app can still give the hint itself.
      Log.w(NAME, "networks are not watched", error)
    }
  }

  private external fun install(runtime: Long, invoker: CallInvokerHolder): Boolean

  companion object {
    const val NAME = "TesseraIm"
    private const val PREFIX = "io.tessera."
    private const val DEVICE_DIR = "io.tessera.device_dir"

    init {
      System.loadLibrary("tessera_react_native")
    }
  }
}
