// Android: callbacks run on the main looper, settings stand in the manifest too, and the system tells of networks and of
// the foreground.

package io.tessera.internal

import android.app.Activity
import android.app.Application
import android.content.Context
import android.content.pm.PackageManager
import android.net.ConnectivityManager
import android.net.Network
import android.net.NetworkCapabilities
import android.net.NetworkRequest
import android.os.Build
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.util.Log
import io.tessera.LogLevel
import io.tessera.LogListener
import java.io.File
import java.util.concurrent.CountDownLatch

internal fun newCallbackContext(): CallbackContext = MainLooper

private object MainLooper : CallbackContext {
    private val handler = Handler(Looper.getMainLooper())

    override fun run(work: Runnable) {
        val done = CountDownLatch(1)
        val posted = handler.post {
            try {
                work.run()
            } finally {
                done.countDown()
            }
        }
        if (posted) done.await()
    }

    override val isWaitedFor: Boolean get() = false

    override val isHere: Boolean
        get() = Looper.myLooper() === Looper.getMainLooper() || Thread.currentThread() is CallbackThread
}

internal class AndroidHost(private val context: Context) : Host {
    private val connectivity = context.getSystemService(Context.CONNECTIVITY_SERVICE) as? ConnectivityManager
    private var network: NetworkHints? = null
    private var foreground: Foreground? = null

    override fun manifest(): List<Pair<String, String>> {
        // Not among what a backup puts on another device: two with the same id would replace each other for ever.
        val folder = DEVICE_DIR to File(context.noBackupFilesDir, "tessera").path
        val info = context.packageManager.getApplicationInfo(context.packageName, PackageManager.GET_META_DATA)
        val data = info.metaData ?: return listOf(folder)
        return listOf(folder) + data.keySet().filter { it.startsWith(MANIFEST_PREFIX) }.map { it to textOf(data, it) }
    }

    override fun watch(hint: () -> Unit) {
        network = connectivity?.let { NetworkHints(it, hint) }
        network?.let { guard("watching the network", it::register) }
        foreground = Foreground(hint).also { (context as? Application)?.registerActivityLifecycleCallbacks(it) }
    }

    override fun unwatch() {
        network?.let { guard("not watching the network any more", it::unregister) }
        foreground?.let { (context as? Application)?.unregisterActivityLifecycleCallbacks(it) }
        network = null
        foreground = null
    }

    override val log: LogListener = LogListener { level, text ->
        val priority = when (level) {
            LogLevel.NONE, LogLevel.DEBUG -> Log.DEBUG
            LogLevel.INFO -> Log.INFO
            LogLevel.WARN -> Log.WARN
            LogLevel.ERROR -> Log.ERROR
        }
        Log.println(priority, LOG_TAG, text)
    }

    private companion object {
        const val DEVICE_DIR = "device_dir"
        const val MANIFEST_PREFIX = "io.tessera."
        const val LOG_TAG = "Tessera"

        /** A value of the manifest may have been read as a number or a truth value. */
        @Suppress("DEPRECATION") // The typed ones ask which type it is.
        fun textOf(data: Bundle, name: String): String = data.get(name)?.toString() ?: ""
    }
}

/** Tells of networks that come. The system tells at first of those that are there, which is no news. */
private class NetworkHints(
    private val connectivity: ConnectivityManager,
    private val hint: () -> Unit,
) : ConnectivityManager.NetworkCallback() {
    private val known = HashSet<Network>()

    fun register() {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.N) {
            connectivity.activeNetwork?.let(known::add)
            connectivity.registerDefaultNetworkCallback(this)
        } else {
            known.addAll(connectivity.allNetworks)
            val internet = NetworkRequest.Builder().addCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET).build()
            connectivity.registerNetworkCallback(internet, this)
        }
    }

    fun unregister() = connectivity.unregisterNetworkCallback(this)

    override fun onAvailable(network: Network) {
        if (!known.remove(network)) hint()
    }
}

/** Tells when the first activity is started again. */
private class Foreground(private val hint: () -> Unit) : Application.ActivityLifecycleCallbacks {
    private var started = 0

    override fun onActivityStarted(activity: Activity) {
        started += 1
        if (started == 1) hint()
    }

    override fun onActivityStopped(activity: Activity) {
        // One that was started before anybody watched is not counted.
        started = (started - 1).coerceAtLeast(0)
    }

    override fun onActivityCreated(activity: Activity, savedInstanceState: Bundle?) = Unit

    override fun onActivityResumed(activity: Activity) = Unit

    override fun onActivityPaused(activity: Activity) = Unit

    override fun onActivitySaveInstanceState(activity: Activity, outState: Bundle) = Unit

    override fun onActivityDestroyed(activity: Activity) = Unit
}
