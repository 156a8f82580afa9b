// What a client is initialised with on Android.

package io.tessera

import android.content.Context
import io.tessera.internal.AndroidHost
import io.tessera.internal.Host

/**
 * Every setting, and who is told what is logged. The context, any of the app's, gives the manifest, the folder for the
 * device id, and the network.
 */
public class ClientConfig(context: Context) : CommonConfig() {
    // Before `Application.onCreate` there is no application context.
    private val application = context.applicationContext ?: context

    /** One for each client that is initialised with this. */
    internal val host: Host get() = AndroidHost(application)
}
