// What is Android's own: the main looper, the manifest, the network and the foreground, and V2TIM's init forms.

package io.tessera

import android.app.Activity
import android.content.Context
import android.net.ConnectivityManager
import android.os.Bundle
import android.os.Looper
import io.tessera.v2tim.DocumentedInit
import io.tessera.v2tim.V2TIMCallback
import io.tessera.v2tim.V2TIMLogListener
import io.tessera.v2tim.V2TIMManager
import io.tessera.v2tim.V2TIMSDKConfig
import io.tessera.v2tim.V2TIMSDKListener
import org.junit.After
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowLog
import org.robolectric.shadows.ShadowNetwork
import java.io.File
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.concurrent.thread
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertTrue

/** So seldom a client tries in these tests, unless it is given a hint. */
private const val RARELY_MS = 60_000

/** A limit that no test is to reach. */
private const val PATIENCE_MS = 60_000

/** One kind of Android for all tests: each would be a class loader of its own, and JNA lives in one only. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [35], manifest = Config.NONE)
class AndroidTest {
    private val gateway = TestGateway()
    private val context: Context = RuntimeEnvironment.getApplication()
    private val manager = V2TIMManager.getInstance()
    private val heard = Heard()

    @After
    fun end() {
        manager.unInitSDK()
        // Results come in order: after this one nothing is on its way, which would be lost with this test's looper.
        manager.logout(callback("end"))
        hear("end: 6013")
        gateway.close()
    }

    /** Lets the main looper, which is this thread's, run what is posted to it. */
    private fun idleUntil(done: () -> Boolean) {
        val deadline = System.nanoTime() + PATIENCE_S * 1_000_000_000
        while (true) {
            shadowOf(Looper.getMainLooper()).idle()
            if (done()) return
            check(System.nanoTime() < deadline) { "it did not come within $PATIENCE_S s" }
            Thread.sleep(1)
        }
    }

    private fun hear(line: String) = idleUntil { generateSequence(heard::poll).any { it == line } }

    private fun metaData(vararg pairs: Pair<String, Any>) {
        val info = shadowOf(context.packageManager).getInternalMutablePackageInfo(context.packageName)
        info.applicationInfo!!.metaData = Bundle().apply {
            for ((name, value) in pairs) {
                when (value) {
                    is Boolean -> putBoolean(name, value)
                    is Int -> putInt(name, value)
                    else -> putString(name, value.toString())
                }
            }
        }
    }

    /** The gateway's address stands in the manifest alone, as it would for code that was written for V2TIM. */
    private fun initByManifest(vararg more: Pair<String, Any>) {
        metaData("io.tessera.server_url" to gateway.url("phone"), "io.tessera.allow_plain" to true, *more)
        assertTrue(manager.initSDK(context, gateway.app.toInt(), V2TIMSDKConfig()), "${manager.lastError}")
    }

    private fun callback(name: String) = object : V2TIMCallback {
        override fun onSuccess() = heard.say(if (Looper.myLooper() === Looper.getMainLooper()) name else "wrong thread")

        override fun onError(code: Int, desc: String?) = heard.say("$name: $code")
    }

    private fun login(user: String = "alice") {
        manager.login(user, gateway.sign(user), callback("in"))
        hear("in")
    }

    @Test
    fun `callbacks run on the main looper, one message after the other`() {
        // C18
        val listener = object : V2TIMSDKListener() {
            override fun onConnectSuccess() =
                heard.say(if (Looper.myLooper() === Looper.getMainLooper()) "connected" else "wrong thread")
        }
        manager.addIMSDKListener(listener)
        initByManifest()
        manager.login("alice", gateway.sign("alice"), callback("in"))
        // Nothing is delivered while the main thread is busy, however long that takes.
        gateway.awaitSessions("alice", 1)
        assertTrue(heard.isEmpty())
        hear("connected")
        hear("in")
        assertEquals("alice", manager.loginUser)
        assertEquals(V2TIMManager.V2TIM_STATUS_LOGINED, manager.loginStatus)
    }

    @Test
    fun `argument errors come later, too`() {
        // C4 C18
        initByManifest()
        manager.login("", "", callback("in"))
        assertTrue(heard.isEmpty())
        hear("in: 6017")
    }

    @Test
    fun `the manifest gives settings, whatever type its values were read as, and the code wins`() {
        // C23
        metaData("io.tessera.server_url" to "ws://127.0.0.1:9", "io.tessera.login_timeout_ms" to "soon")
        assertFalse(manager.initSDK(context, 1, null))
        assertTrue("io.tessera.login_timeout_ms" in manager.lastError!!.desc)
        metaData("io.tessera.server_url" to "ws://127.0.0.1:9", "io.tessera.login_timeout_ms" to 100, "io.tessera.allow_plain" to true)
        assertTrue(manager.initSDK(context, 1, null))
        manager.login("alice", "ticket", callback("in"))
        hear("in: 9523")
        manager.unInitSDK()
        val config = V2TIMSDKConfig().apply { serverUrl = gateway.url("phone") }
        assertTrue(manager.initSDK(context, gateway.app.toInt(), config))
        login()
    }

    @Test
    fun `the device id is kept where no backup takes it`() {
        // C23
        initByManifest()
        login()
        assertTrue(File(context.noBackupFilesDir, "tessera/device-id").exists())
    }

    @Test
    fun `Java code of the documentation initialises in both forms`() {
        metaData("io.tessera.server_url" to gateway.url("phone"), "io.tessera.allow_plain" to true)
        for (init in listOf(DocumentedInit::init, DocumentedInit::initWithListener)) {
            val listener = object : V2TIMSDKListener() {
                override fun onConnectSuccess() = heard.say("connected")
            }
            assertTrue(init(context, gateway.app.toInt(), listener))
            hear("connected")
            manager.unInitSDK()
        }
    }

    @Test
    fun `a network that is back is used at once`() {
        // C11
        initByManifest("io.tessera.reconnect_delay_min_ms" to RARELY_MS, "io.tessera.reconnect_delay_max_ms" to 2 * RARELY_MS)
        loseTheNetwork()
        val connectivity = context.getSystemService(Context.CONNECTIVITY_SERVICE) as ConnectivityManager
        val callbacks = shadowOf(connectivity).networkCallbacks
        assertEquals(1, callbacks.size)
        callbacks.single().onAvailable(ShadowNetwork.newInstance(1))
        hear("connected")
        manager.unInitSDK()
        assertEquals(0, shadowOf(connectivity).networkCallbacks.size)
    }

    @Test
    fun `the foreground is a hint, too`() {
        // C11
        initByManifest("io.tessera.reconnect_delay_min_ms" to RARELY_MS, "io.tessera.reconnect_delay_max_ms" to 2 * RARELY_MS)
        loseTheNetwork()
        Robolectric.buildActivity(Activity::class.java).create().start()
        hear("connected")
    }

    /** The next try is minutes away afterwards. */
    private fun loseTheNetwork() {
        login()
        manager.addIMSDKListener(object : V2TIMSDKListener() {
            override fun onConnecting() = heard.say("connecting")

            override fun onConnectFailed(code: Int, error: String?) = heard.say("failed")

            override fun onConnectSuccess() = heard.say("connected")
        })
        gateway.fault("phone", "down")
        hear("connecting")
        // The first wait is a random one, so a hint makes the first try.
        manager.client().notifyNetworkAvailable()
        hear("failed")
        gateway.fault("phone", "restore")
        // A hint takes effect once a second.
        Thread.sleep(1_100)
        assertTrue(heard.isEmpty())
    }

    @Test
    fun `unInit on the main thread posts what is left`() {
        // C9
        initByManifest()
        gateway.fault("phone", "stall")
        manager.login("alice", gateway.sign("alice"), callback("in"))
        manager.unInitSDK()
        assertEquals(V2TIMManager.V2TIM_STATUS_LOGOUT, manager.loginStatus)
        assertTrue(heard.isEmpty())
        hear("in: 7009")
    }

    @Test
    fun `unInit from another thread waits for the callback that runs and for nothing else`() {
        // C9
        initByManifest("io.tessera.uninit_timeout_ms" to PATIENCE_MS)
        val ended = AtomicBoolean()
        lateinit var ender: Thread
        manager.login("", "", object : V2TIMCallback {
            override fun onSuccess() = Unit

            override fun onError(code: Int, desc: String?) {
                ender = thread { manager.unInitSDK().also { ended.set(true) } }
                while (ender.state != Thread.State.TIMED_WAITING) Thread.sleep(1)
                heard.say("returned, ended: ${ended.get()}")
            }
        })
        manager.login("", "", callback("second"))
        hear("returned, ended: false")
        ender.join()
        hear("second: 7009")
    }

    @Test
    fun `unInit from another thread waits for a callback that has run others inside it`() {
        // C9
        initByManifest("io.tessera.uninit_timeout_ms" to PATIENCE_MS)
        val ended = AtomicBoolean()
        lateinit var ender: Thread
        fun refused(inside: () -> Unit) = manager.login("", "", object : V2TIMCallback {
            override fun onSuccess() = Unit

            override fun onError(code: Int, desc: String?) = inside()
        })
        refused {
            refused {
                ender = thread { manager.unInitSDK().also { ended.set(true) } }
                while (ender.state != Thread.State.TIMED_WAITING) Thread.sleep(1)
            }
            refused { heard.say("second") }
            manager.unInitSDK()
            // It would be awake by then.
            ender.join(100)
            heard.say("returned, ended: ${ended.get()}")
        }
        hear("second")
        hear("returned, ended: false")
        ender.join()
    }

    @Test
    fun `unInit inside a callback runs what is left before it returns`() {
        // C9
        initByManifest()
        manager.login("", "", object : V2TIMCallback {
            override fun onSuccess() = Unit

            override fun onError(code: Int, desc: String?) {
                manager.login("alice", gateway.sign("alice"), callback("second"))
                manager.unInitSDK()
                heard.say("ended")
            }
        })
        hear("second: 7009")
        assertEquals("ended", heard.next())
    }

    @Test
    fun `closing on the main thread loses no result`() {
        // C9
        val client = Client()
        client.init(gateway.app, ClientConfig(context).also { gateway.configure(it, "second") })
        gateway.fault("second", "stall")
        client.login("alice", gateway.sign("alice"), heard.result("in"))
        client.close()
        client.close()
        assertTrue(heard.isEmpty())
        hear("in: 7009")
    }

    @Test
    fun `a blocking call on the main thread fails at once`() {
        // C18
        initByManifest()
        val refused = assertFailsWith<TesseraException> { manager.client().loginBlocking("alice", gateway.sign("alice")) }
        assertEquals(7014, refused.error.code)
        val blocked = thread { manager.client().loginBlocking("alice", gateway.sign("alice")).also { heard.say("in") } }
        hear("in")
        blocked.join()
    }

    @Test
    fun `logcat gets the log only while no listener has it`() {
        ShadowLog.clear()
        val config = V2TIMSDKConfig().apply {
            logListener = object : V2TIMLogListener() {
                override fun onLog(logLevel: Int, logContent: String?) {
                    if ("already initialised" in "$logContent") heard.say("logged")
                }
            }
        }
        metaData("io.tessera.server_url" to gateway.url("phone"), "io.tessera.allow_plain" to true)
        assertTrue(manager.initSDK(context, gateway.app.toInt(), config))
        Client().use { silent ->
            silent.init(gateway.app, ClientConfig(context).also { gateway.configure(it, "second") })
            initByManifest()
            hear("logged")
            assertEquals(emptyList(), ShadowLog.getLogsForTag("Tessera").filter { "already initialised" in it.msg })
        }
    }

    @Test
    fun `without a log listener the log goes to logcat, and the main thread is not needed`() {
        ShadowLog.clear()
        initByManifest()
        initByManifest()
        val deadline = System.nanoTime() + PATIENCE_S * 1_000_000_000
        while (ShadowLog.getLogsForTag("Tessera").none { "already initialised" in it.msg }) {
            check(System.nanoTime() < deadline) { "logcat did not get it within $PATIENCE_S s" }
            Thread.sleep(1)
        }
    }

    @Test
    fun `the Kotlin face works the same`() {
        Client().use { client ->
            client.init(gateway.app, ClientConfig(context).also { gateway.configure(it, "second") })
            client.login("bob", gateway.sign("bob"), heard.result("in"))
            hear("in")
            assertEquals("bob", client.loginUser)
        }
    }

    @Test
    fun `the manifest of the library asks for the network`() {
        val manifest = assertNotNull(javaClass.getResource("/AndroidManifest.xml")).readText()
        for (permission in listOf("INTERNET", "ACCESS_NETWORK_STATE")) {
            assertTrue("android.permission.$permission\"" in manifest)
        }
    }
}
