// What callbacks may do: call back, throw, remove each other, end everything (C9, C18, C19).

package io.tessera

import io.tessera.uniffi.errorOf
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicReference
import kotlin.concurrent.thread
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertSame
import kotlin.test.assertTrue

class CallbacksTest {
    private val gateway = TestGateway()

    @AfterEach
    fun end() = gateway.close()

    private fun withClient(test: (Client) -> Unit) = Client().use(test)

    /** A user whose tickets nobody has revoked: each test kicks its own. */
    private fun user(client: Client) = "user-${System.identityHashCode(client)}"

    /** Where a callback can come from: what makes it come, with what it does then. */
    private val places: Map<String, (Client, () -> Unit) -> Unit> = mapOf(
        "result" to { client, inside -> client.login(user(client), gateway.sign(user(client))) { inside() } },
        "failure" to { client, inside -> client.login(user(client), "no ticket") { inside() } },
        "refusal" to { client, inside -> client.login("", "") { inside() } },
        "connecting" to { client, inside ->
            client.addListener(object : ClientListener {
                override fun onConnecting() = inside()
            })
            client.login(user(client), gateway.sign(user(client))) {}
        },
        "connected" to { client, inside ->
            client.addListener(object : ClientListener {
                override fun onConnectSuccess() = inside()
            })
            client.login(user(client), gateway.sign(user(client))) {}
        },
        "kicked" to { client, inside ->
            client.addListener(object : ClientListener {
                override fun onKickedOffline(kick: Kick) = inside()
            })
            client.loginBlocking(user(client), gateway.sign(user(client)))
            gateway.kick(user(client))
        },
        "expired" to { client, inside ->
            client.addListener(object : ClientListener {
                override fun onUserSigExpired() = inside()
            })
            client.loginBlocking(user(client), gateway.sign(user(client)))
            gateway.expire(user(client))
        },
    )

    /** What it can do there. Each waits for nothing that only comes after the callback. */
    private val deeds: Map<String, (Client, Heard) -> Unit> = mapOf(
        "login" to { client, heard -> client.login("bob", gateway.sign("bob"), heard.result("done")) },
        "logout" to { client, heard -> client.logout(heard.result("done")) },
        "unInit" to { client, heard ->
            val left = Heard()
            client.login("carol", gateway.sign("carol"), left.result("carol"))
            client.unInit()
            assertFalse(left.isEmpty(), "unInit inside a callback runs what is left before it returns (C9)")
            assertEquals("carol: 7009", left.next())
            assertEquals(LoginStatus.LOGGED_OUT, client.status)
            heard.say("done")
        },
        "init again" to { client, heard ->
            client.unInit()
            client.init(gateway.app, gateway.config())
            client.login("bob", gateway.sign("bob"), heard.result("done"))
        },
        "blocking login" to { client, heard ->
            // C18
            val refused = assertFailsWith<TesseraException> { client.loginBlocking("bob", gateway.sign("bob")) }
            assertEquals(7014, refused.error.code)
            assertEquals(7014, assertFailsWith<TesseraException> { client.logoutBlocking() }.error.code)
            // Two clients could wait for each other.
            val other = Client.shared
            assertEquals(7014, assertFailsWith<TesseraException> { other.logoutBlocking() }.error.code)
            heard.say("done")
        },
        "listeners" to { client, heard ->
            val listener = SayingListener(heard)
            client.addListener(listener)
            client.addListener(listener)
            client.removeListener(listener)
            heard.say("done")
        },
        "getters and hints" to { client, heard ->
            client.status to client.loginUser
            client.connectionStatus to client.serverTimeMs
            assertNull(client.lastError)
            client.notifyNetworkAvailable()
            client.setTicketProvider(null)
            heard.say("done")
        },
    )

    @TestFactory
    fun `every call from every callback`(): List<DynamicTest> = places.flatMap { (place, provoke) ->
        deeds.map { (deed, act) ->
            dynamicTest("$deed in $place") {
                withClient { client ->
                    val heard = Heard()
                    val failure = AtomicReference<Throwable>()
                    val once = CountDownLatch(1)
                    client.init(gateway.app, gateway.config().apply { connectAtInit = false })
                    provoke(client) {
                        if (once.count > 0) {
                            once.countDown()
                            try {
                                act(client, heard)
                            } catch (thrown: Throwable) {
                                failure.set(thrown)
                                heard.say("done")
                            }
                        }
                    }
                    heard.await("done")
                    failure.get()?.let { throw it }
                }
            }
        }
    }

    @Test
    fun `callbacks of one client come one at a time on one thread`() = withClient { client ->
        // C18
        val threads = HashSet<Thread>()
        val heard = Heard()
        client.init(gateway.app, gateway.config())
        repeat(20) { n ->
            client.login("alice", "ticket $n") {
                threads.add(Thread.currentThread())
                heard.say("$n")
            }
        }
        repeat(20) { n -> heard.await("$n") }
        assertEquals(1, threads.size)
        assertTrue(threads.single().isDaemon)
    }

    @Test
    fun `no callback runs inside the call that caused it`() = withClient { client ->
        // C18
        val heard = Heard()
        val caller = Thread.currentThread()
        client.login("", "") { if (Thread.currentThread() === caller) heard.say("inside") else heard.say("later") }
        assertEquals("later", heard.next())
    }

    @Test
    fun `a listener that throws hurts nobody, whatever it throws`() = withClient { client ->
        // C19
        val heard = Heard()
        val thrown = listOf(
            { throw IllegalStateException("an exception") },
            { throw NotImplementedError("an error of Kotlin's") },
            { throw AssertionError("an error") },
            { throw OutOfMemoryError("not really") },
            { deep(0) },
        )
        for (throwing in thrown) {
            client.addListener(object : ClientListener {
                override fun onConnectSuccess() = throwing()
            })
        }
        client.addListener(SayingListener(heard))
        client.init(gateway.app, gateway.config())
        heard.await("connected")
        client.login("alice", gateway.sign("alice")) { throw NotImplementedError("in a result") }
        client.logout(heard.result("out"))
        heard.await("out")
    }

    /** Until the stack has no room. */
    private fun deep(n: Int) {
        deep(n + 1)
        check(n >= 0)
    }

    @Test
    fun `the same listener twice counts once, and unInit keeps none`() = withClient { client ->
        // C19
        val heard = Heard()
        val listener = SayingListener(heard)
        client.addListener(listener)
        client.addListener(listener)
        client.init(gateway.app, gateway.config())
        assertEquals(listOf("connecting", "connected"), listOf(heard.next(), heard.next()))
        client.unInit()
        client.init(gateway.app, gateway.config())
        client.loginBlocking("alice", gateway.sign("alice"))
        assertTrue(heard.isEmpty())
    }

    @Test
    fun `one removes itself and those behind it while it is called`() = withClient { client ->
        // C19
        val heard = Heard()
        val behind = SayingListener(heard, "behind ")
        client.addListener(object : ClientListener {
            override fun onConnecting() {
                heard.say("first")
                client.removeListener(this)
                client.removeListener(behind)
            }

            override fun onConnectSuccess() = heard.say("still here")
        })
        client.addListener(behind)
        client.init(gateway.app, gateway.config())
        client.loginBlocking("alice", gateway.sign("alice"))
        assertEquals("first", heard.next())
        assertTrue(heard.isEmpty())
    }

    @Test
    fun `removal from another thread waits for the running callback`() = withClient { client ->
        // C19
        val (entered, leave) = CountDownLatch(1) to CountDownLatch(1)
        val returned = AtomicReference("running")
        val listener = object : ClientListener {
            override fun onConnecting() {
                entered.countDown()
                leave.await()
                returned.set("returned")
            }
        }
        client.addListener(listener)
        client.init(gateway.app, gateway.config())
        entered.await()
        val seen = AtomicReference<String>()
        val remover = thread {
            client.removeListener(listener)
            seen.set(returned.get())
        }
        while (remover.state != Thread.State.WAITING) Thread.sleep(1)
        leave.countDown()
        remover.join()
        assertEquals("returned", seen.get())
    }

    @Test
    fun `one that is added again hears the next event`() = withClient { client ->
        // C19
        val heard = Heard()
        val behind = SayingListener(heard)
        client.addListener(object : ClientListener {
            override fun onConnecting() {
                client.removeListener(behind)
                client.addListener(behind)
            }
        })
        client.addListener(behind)
        client.init(gateway.app, gateway.config())
        assertEquals("connected", heard.next())
    }

    @Test
    fun `removal waits for a callback while another one runs inside it`() = withClient { client ->
        // C19
        val heard = Heard()
        val returned = AtomicReference("running")
        lateinit var outer: ClientListener
        val inner = object : ClientListener {
            override fun onConnecting() {
                val remover = thread {
                    client.removeListener(outer)
                    heard.say(returned.get())
                }
                while (remover.state !in listOf(Thread.State.WAITING, Thread.State.TERMINATED)) Thread.sleep(1)
            }
        }
        outer = object : ClientListener {
            override fun onConnectSuccess() {
                client.login("alice", "ticket") {
                    client.addListener(inner)
                    client.init(gateway.app, gateway.config())
                }
                client.unInit()
                returned.set("returned")
            }
        }
        client.addListener(outer)
        client.init(gateway.app, gateway.config())
        assertEquals("returned", heard.next())
    }

    @Test
    fun `unInit waits for the running callback and completes the rest with 7009`() = withClient { client ->
        // C9
        val heard = Heard()
        val (entered, leave) = CountDownLatch(1) to CountDownLatch(1)
        client.init(gateway.app, gateway.config().apply { uninitTimeoutMs = 2 * PATIENCE_S * 1000 })
        gateway.fault("phone", "stall")
        client.login("", "") {
            entered.countDown()
            leave.await()
            heard.say("first")
        }
        entered.await()
        client.login("alice", gateway.sign("alice"), heard.result("second"))
        val ender = thread { client.unInit().also { heard.say("ended") } }
        while (client.status != LoginStatus.LOGGED_OUT) Thread.sleep(1)
        assertTrue(heard.isEmpty())
        leave.countDown()
        ender.join()
        assertEquals(listOf("first", "second: 7009", "ended"), List(3) { heard.next() })
    }

    @Test
    fun `a callback that is stuck keeps unInit no longer than the setting says`() = withClient { client ->
        // C9
        val (entered, leave) = CountDownLatch(1) to CountDownLatch(1)
        client.init(gateway.app, gateway.config().apply { uninitTimeoutMs = 400 })
        client.login("", "") {
            entered.countDown()
            leave.await()
        }
        entered.await()
        val begun = System.nanoTime()
        // What interrupts it does not leave it half done.
        Thread.currentThread().interrupt()
        client.unInit()
        val took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun)
        assertTrue(Thread.interrupted())
        leave.countDown()
        // The default is 5 s.
        assertTrue(took in 399..4_900, "it took $took ms")
    }

    @Test
    fun `init and unInit of two threads come one after the other`() = withClient { client ->
        // C9
        val heard = Heard()
        val threads = List(2) {
            thread {
                repeat(200) {
                    client.addListener(object : ClientListener {})
                    val config = gateway.config().apply { connectAtInit = false }
                    client.init(gateway.app, config.apply { logListener = LogListener { _, _ -> } })
                    client.unInit()
                }
            }
        }
        threads.forEach { it.join() }
        client.init(gateway.app, gateway.config())
        client.login("alice", gateway.sign("alice"), heard.result("in"))
        heard.await("in")
    }

    @Test
    fun `a callback of unInit that initialises again loses nothing`() = withClient { client ->
        // C9
        val heard = Heard()
        client.init(gateway.app, gateway.config())
        gateway.fault("phone", "stall")
        client.login("alice", gateway.sign("alice")) {
            client.addListener(SayingListener(heard))
            client.init(gateway.app, gateway.config("tablet"))
        }
        client.unInit()
        heard.await("connected")
    }

    @Test
    fun `a full queue refuses with 7008 through the callback`() = withClient { client ->
        // C18
        val heard = Heard()
        val (entered, leave) = CountDownLatch(1) to CountDownLatch(1)
        client.init(gateway.app, gateway.config().apply { eventsWaitingMax = 16 })
        client.login("", "") {
            entered.countDown()
            leave.await()
        }
        entered.await()
        val refused = CountDownLatch(1)
        repeat(40) {
            client.login("", "") { error ->
                if (error?.code == 7008) refused.countDown()
                heard.say("$it")
            }
        }
        assertFalse(refused.await(0, TimeUnit.SECONDS))
        leave.countDown()
        assertTrue(refused.await(PATIENCE_S, TimeUnit.SECONDS))
        assertEquals(40, generateSequence { heard.next() }.take(40).toSet().size, "each call has one result")
    }

    @Test
    fun `log records come to the listener of the config, in turn with other callbacks, until unInit`() = withClient { client ->
        val heard = Heard()
        val ticket = gateway.sign("alice")
        val threads = HashSet<String>()
        val config = gateway.config().apply {
            logLevel = LogLevel.INFO
            logListener = LogListener { level, text ->
                threads.add(Thread.currentThread().name)
                if ("a listener threw" in text) heard.say("$level $text")
                check(ticket !in text)
            }
        }
        client.addListener(object : ClientListener {
            override fun onConnecting() = throw IllegalArgumentException(ticket)
        })
        client.init(gateway.app, config)
        client.loginBlocking("alice", ticket)
        val line = heard.next()
        assertTrue(line.startsWith("ERROR a listener threw java.lang.IllegalArgumentException at "), line)
        client.unInit()
        threads.clear()
        client.init(gateway.app, gateway.config())
        client.init(gateway.app, gateway.config())
        client.loginBlocking("alice", ticket)
        assertEquals(emptySet<String>(), threads)
    }

    @Test
    fun `a log listener may end everything`() = withClient { client ->
        // C9 C18
        val heard = Heard()
        val config = gateway.config().apply {
            logListener = LogListener { _, text ->
                if (" threw " in text) {
                    client.unInit()
                    heard.say("ended")
                }
            }
        }
        client.init(gateway.app, config)
        client.login("", "") { throw IllegalStateException() }
        heard.await("ended")
        assertSame(LoginStatus.LOGGED_OUT, client.status)
    }

    @Test
    fun `unInit inside a log listener runs what is left before it returns`() {
        // C9
        val ticket = gateway.sign("alice")
        gateway.url("phone")
        gateway.fault("phone", "stall")
        // Luck decides whether the thread of the events is quicker, so there are many.
        repeat(50) {
            val client = Client()
            val heard = Heard()
            client.init(gateway.app, gateway.config().apply {
                uninitTimeoutMs = 2 * PATIENCE_S * 1000
                logListener = LogListener { _, text ->
                    if (" threw " in text) {
                        client.login("alice", ticket, heard.result("in"))
                        client.unInit()
                        heard.say("ended")
                    }
                }
            })
            client.login("", "") { throw IllegalStateException() }
            assertEquals(listOf("in: 7009", "ended"), List(2) { heard.next() })
            // Nothing is left to wait for.
            val closer = thread { client.close() }
            closer.join(PATIENCE_S * 1000)
            assertFalse(closer.isAlive)
        }
    }

    @Test
    fun `a log listener that throws is not told of itself`() = withClient { client ->
        // C19
        val heard = Heard()
        val failures = AtomicInteger()
        val config = gateway.config().apply {
            logListener = LogListener { _, text ->
                if (" threw " in text) failures.incrementAndGet()
                if (" threw " in text) heard.say("told")
                throw IllegalStateException("a log listener")
            }
        }
        client.init(gateway.app, config)
        repeat(10) {
            client.login("", "") { throw IllegalStateException("a callback") }
            heard.await("told")
        }
        client.unInit()
        assertEquals(10, failures.get())
    }

    @Test
    fun `a log listener that leaves an interrupt behind ends no log`() = withClient { client ->
        val heard = Heard()
        for (name in listOf("first", "second")) {
            val listener = LogListener { _, text ->
                if (" threw " in text) {
                    Thread.currentThread().interrupt()
                    heard.say(name)
                }
            }
            client.init(gateway.app, gateway.config().apply { logListener = listener })
            client.login("", "") { throw IllegalStateException("a callback") }
            heard.await(name)
            client.unInit()
            // The log's thread comes to wait for the next listener.
            Thread.sleep(50)
        }
    }

    @Test
    fun `a client that ends gives the log back`() = withClient { first ->
        val heard = Heard()
        val record = { name: String -> LogListener { _, text -> if (" threw " in text) heard.say(name) } }
        val provoke = { client: Client -> client.login("", "") { throw IllegalStateException() } }
        first.init(gateway.app, gateway.config().apply { logListener = record("first") })
        Client().use { second ->
            second.init(gateway.app, gateway.config().apply { logListener = record("second") })
            provoke(first)
            assertEquals("second", heard.next())
            Client().use { silent ->
                silent.init(gateway.app, gateway.config())
                provoke(silent)
                assertEquals("second", heard.next())
            }
        }
        provoke(first)
        assertEquals("first", heard.next())
    }

    @Test
    fun `errors of the host itself have the table's words`() {
        assertEquals(7009, errorOf(7009).code)
        assertTrue(errorOf(7014).desc.isNotEmpty())
    }
}
