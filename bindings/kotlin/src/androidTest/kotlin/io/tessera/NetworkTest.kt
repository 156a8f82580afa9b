// Which networks are a hint, on an Android that knows a default network and on one that does not. No client is made: the
// library under it loads in one class loader only, and each kind of Android has its own.

package io.tessera

import android.content.Context
import android.net.ConnectivityManager
import android.net.Network
import io.tessera.internal.AndroidHost
import org.junit.After
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowNetwork
import kotlin.test.assertEquals

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [23, 35], manifest = Config.NONE)
class NetworkTest {
    private val context: Context = RuntimeEnvironment.getApplication()
    private val connectivity = context.getSystemService(Context.CONNECTIVITY_SERVICE) as ConnectivityManager
    private val host = AndroidHost(context)
    private var hints = 0

    @After
    fun end() {
        host.unwatch()
        assertEquals(0, shadowOf(connectivity).networkCallbacks.size)
    }

    private fun watch(): ConnectivityManager.NetworkCallback {
        host.watch { hints += 1 }
        return shadowOf(connectivity).networkCallbacks.single()
    }

    private val there: Network get() = connectivity.activeNetwork!!

    @Test
    fun `the network that was there is no news, unless it comes again`() {
        // C11
        val callback = watch()
        callback.onAvailable(there)
        assertEquals(0, hints)
        callback.onAvailable(ShadowNetwork.newInstance(7))
        assertEquals(1, hints)
        callback.onAvailable(there)
        assertEquals(2, hints)
    }

    @Test
    fun `after a start without a network the first is news`() {
        // C11
        val first = there
        shadowOf(connectivity).clearAllNetworks()
        shadowOf(connectivity).setActiveNetworkInfo(null)
        watch().onAvailable(first)
        assertEquals(1, hints)
    }
}
