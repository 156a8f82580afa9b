// A session through the Kotlin face: what the state says, when, and to whom. The scenarios prove the clauses; these are
// the things that only this language can get wrong.

package io.tessera

import io.tessera.internal.ProviderSeat
import io.tessera.uniffi.ClientInterface
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Test
import java.io.IOException
import java.io.InterruptedIOException
import java.lang.reflect.Proxy
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicReference
import kotlin.concurrent.thread
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue

class SessionTest {
    private val gateway = TestGateway()
    private val client = Client()

    @AfterEach
    fun end() {
        client.close()
        gateway.close()
    }

    private fun <T> within(what: suspend () -> T): T = runBlocking { withTimeout(PATIENCE_S * 1000) { what() } }

    @Test
    fun `a login suspends until the result and moves the state before`() = within {
        client.init(gateway.app, gateway.config())
        assertEquals(LoginStatus.LOGGED_OUT, client.status)
        client.login("alice", gateway.sign("alice"))
        assertEquals("alice", client.loginUser)
        assertEquals(LoginStatus.LOGGED_IN, client.state.value.status)
        assertTrue(client.serverTimeMs > 0)
        assertEquals(ConnectionStatus.CONNECTED, client.connectionStatus)
        client.logout()
        assertNull(client.loginUser)
        assertEquals(LoginStatus.LOGGED_OUT, client.status)
    }

    @Test
    fun `status and user are the new ones when a call returns`() = within {
        // C1 C7
        val heard = Heard()
        client.init(gateway.app, gateway.config())
        gateway.fault("phone", "stall")
        client.login("alice", gateway.sign("alice"), heard.result("in"))
        assertEquals(LoginStatus.LOGGING_IN, client.status)
        assertNull(client.loginUser)
        client.logout(heard.result("out"))
        assertEquals(LoginStatus.LOGGED_OUT, client.status)
        heard.await("in: 6023")
        heard.await("out")
    }

    @Test
    fun `errors carry code, kind and whether a retry helps`() = within {
        // C17
        client.init(gateway.app, gateway.config())
        val refused = assertFailsWith<TesseraException> { client.login("alice", gateway.sign("bob")) }
        assertEquals(70013, refused.error.code)
        assertEquals(ErrorKind.TICKET, refused.error.kind)
        assertEquals(false, refused.error.isRetryable)
        assertEquals(6017, assertFailsWith<TesseraException> { client.login("", "ticket") }.error.code)
    }

    @Test
    fun `init says why it fails, and the client keeps it`() {
        // C9 C23
        val refused = assertFailsWith<TesseraException> { client.init(1, ClientConfig().apply { set("colour", "blue") }) }
        assertEquals(6017, refused.error.code)
        assertTrue(refused.error.desc.contains("colour"))
        assertEquals(6017, client.lastError?.code)
        assertEquals(6017, assertFailsWith<TesseraException> { client.init(-5, gateway.config()) }.error.code)
        client.init(gateway.app, gateway.config())
        assertNull(client.lastError)
        assertEquals(90101, assertFailsWith<TesseraException> { client.init(7, gateway.config()) }.error.code)
    }

    @Test
    fun `events and states are flows that unInit completes`() = within {
        client.init(gateway.app, gateway.config())
        val events = runBlocking {
            val all = async(start = CoroutineStart.UNDISPATCHED) { client.events.toList() }
            client.login("alice", gateway.sign("alice"))
            gateway.kick("alice")
            client.state.first { it.status == LoginStatus.LOGGED_OUT }
            client.login("bob", gateway.sign("bob"))
            client.unInit()
            all.await()
        }
        val kicked = assertIs<ClientEvent.KickedOffline>(events.last { !it.isConnectEvent })
        assertEquals(KickReason.ADMIN, kicked.kick.reason)
        assertTrue(kicked.kick.atMs > 0)
    }

    @Test
    fun `events of a client that has closed are none`() = within {
        val events = client.events
        client.close()
        assertEquals(emptyList(), events.toList())
    }

    @Test
    fun `who collects states may call unInit there`() = within {
        // C9
        val heard = Heard()
        client.init(gateway.app, gateway.config().apply { uninitTimeoutMs = 2 * PATIENCE_S * 1000 })
        val collecting = CoroutineScope(Dispatchers.Unconfined).launch {
            client.state.collect { if (it.user != null) client.unInit() }
        }
        client.login("alice", gateway.sign("alice"), heard.result("in"))
        // It runs before the result, or on the thread of the call beside it.
        assertTrue(heard.next() in listOf("in: 7009", "in"))
        collecting.cancel()
    }

    @Test
    fun `cancelling a login forgets its result and nothing else`() = within {
        client.init(gateway.app, gateway.config())
        runBlocking {
            val login = launch(start = CoroutineStart.UNDISPATCHED) { client.login("alice", gateway.sign("alice")) }
            login.cancel()
            client.state.first { it.user == "alice" }
        }
        client.logout()
    }

    @Test
    fun `a suspending provider renews the ticket, and what it throws ends no session`() = within {
        // C15
        val asked = AtomicInteger()
        val eager = gateway.config().apply { ticketRenewPercent = 10 }
        client.init(gateway.app, eager.apply { ticketRequestIntervalMs = 10; ticketRetryMinMs = 10 })
        client.setTicketProvider { user ->
            if (asked.getAndIncrement() == 0) withTimeout(1) { delay(Long.MAX_VALUE) }
            gateway.sign(user, 360_000)
        }
        client.login("alice", gateway.sign("alice"))
        val before = gateway.expires("alice")
        gateway.moveClock(1_000_000)
        while (gateway.expires("alice") == before) delay(1)
        assertEquals("alice", client.loginUser)
        assertEquals(2, asked.get())
        // The session outlives its first ticket.
        gateway.moveClock(4_000_000)
        while (client.serverTimeMs < before) delay(1)
        gateway.awaitSessions("alice", 1)
        assertEquals("alice", client.loginUser)
    }

    @Test
    fun `unInit cancels a provider that still works on its answer`() = within {
        // C15
        val (asked, cancelled) = CompletableDeferred<Unit>() to CompletableDeferred<Unit>()
        client.init(gateway.app, gateway.config().apply { ticketRenewPercent = 10 })
        client.setTicketProvider {
            asked.complete(Unit)
            try {
                awaitCancellation()
            } finally {
                cancelled.complete(Unit)
            }
        }
        client.login("alice", gateway.sign("alice"))
        gateway.moveClock(1_000_000)
        asked.await()
        client.unInit()
        cancelled.await()
    }

    @Test
    fun `a provider that ends with its question hurts nobody, whatever it throws`() {
        // C15 C19
        val uncaught = AtomicReference<Throwable>()
        val answers = ConcurrentLinkedQueue<String>()
        val before = Thread.getDefaultUncaughtExceptionHandler()
        Thread.setDefaultUncaughtExceptionHandler { _, thrown -> uncaught.set(thrown) }
        try {
            for (end in listOf<() -> String>({ throw InterruptedIOException() }, { "of the older one" })) {
                val seat = ProviderSeat()
                val (asked, leave) = CountDownLatch(1) to CountDownLatch(1)
                seat.set {
                    asked.countDown()
                    leave.await()
                    end()
                }
                seat.ask(recorder(answers), 1u, "alice")
                asked.await()
                val question = seat.set { "of the newer one" }!!
                question.cancel()
                leave.countDown()
                within { question.join() }
            }
            val seat = ProviderSeat()
            seat.set { "of a client that was closed" }
            seat.ask(recorder(answers, isClosed = true), 1u, "alice")
            within { seat.set(null)?.join() }
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before)
        }
        assertNull(uncaught.get())
        assertEquals(listOf("provideTicket of a client that was closed"), answers.toList())
    }

    @Test
    fun `a question is cancelled with the next one, where no lock is held`() {
        // C15
        val seat = ProviderSeat()
        val (asked, hasReturned) = CountDownLatch(1) to CountDownLatch(1)
        seat.set {
            suspendCancellableCoroutine { waiting ->
                waiting.invokeOnCancellation {
                    thread { seat.set(null) }.join(PATIENCE_S * 1000)
                    hasReturned.countDown()
                }
                asked.countDown()
            }
        }
        val answers = ConcurrentLinkedQueue<String>()
        seat.ask(recorder(answers), 1u, "alice")
        asked.await()
        seat.ask(recorder(answers), 2u, "alice")
        assertEquals(0, hasReturned.count)
        seat.ask(recorder(answers), 3u, "alice")
        assertEquals(listOf("provideError there is no ticket provider"), answers.toList())
    }

    @Test
    fun `an answer that does not get through is an error`() {
        // C15
        val answers = ConcurrentLinkedQueue<String>()
        val seat = ProviderSeat()
        seat.set { "a ticket" }
        seat.ask(recorder(answers, failure = IOException()), 1u, "alice")
        within { while (answers.size < 2) delay(1) }
        assertEquals(listOf("provideTicket a ticket", "provideError the ticket provider failed"), answers.toList())
    }

    /** A client that only notes what it is answered. */
    private fun recorder(
        answers: ConcurrentLinkedQueue<String>,
        isClosed: Boolean = false,
        failure: Throwable? = null,
    ): ClientInterface {
        val loader = ClientInterface::class.java.classLoader
        return Proxy.newProxyInstance(loader, arrayOf(ClientInterface::class.java)) { _, method, arguments ->
            answers.add("${method.name.substringBefore('-')} ${arguments.last()}")
            check(!isClosed) { "closed" }
            failure?.let { throw it }
        } as ClientInterface
    }

    @Test
    fun `clients of one process do not disturb each other`() = within {
        // C20
        Client().use { other ->
            client.init(gateway.app, gateway.config("phone").apply { platform = Platform.ANDROID })
            other.init(gateway.app, gateway.config("web").apply { platform = Platform.WEB })
            client.login("alice", gateway.sign("alice"))
            other.login("bob", gateway.sign("bob"))
            assertEquals("alice" to "bob", client.loginUser to other.loginUser)
            other.unInit()
            assertEquals("alice", client.loginUser)
        }
    }

    @Test
    fun `a closed client refuses calls and its thread has ended`() {
        val threads = { Thread.getAllStackTraces().keys.filter { it.name == "tessera-events" }.toSet() }
        // Those of clients that were closed before may still be ending.
        val before = threads()
        val short = Client()
        short.init(gateway.app, gateway.config("short"))
        val own = (threads() - before).single()
        short.close()
        own.join(PATIENCE_S * 1000)
        assertFalse(own.isAlive)
        assertEquals(LoginStatus.LOGGED_OUT, short.status)
        short.close()
    }

    @Test
    fun `a closed client refuses every call from the first moment on`() {
        val calls = mapOf<String, (Client) -> Any?>(
            "init" to { it.init(gateway.app, gateway.config()) },
            "unInit" to { it.unInit() },
            "login" to { it.login("alice", "ticket") {} },
            "loginBlocking" to { it.loginBlocking("alice", "ticket") },
            "suspending login" to { within { it.login("alice", "ticket") } },
            "logout" to { it.logout {} },
            "logoutBlocking" to { it.logoutBlocking() },
            "notifyNetworkAvailable" to { it.notifyNetworkAvailable() },
            "notifyForeground" to { it.notifyForeground() },
            "setTicketProvider" to { it.setTicketProvider { "ticket" } },
            "setBlockingTicketProvider" to { it.setBlockingTicketProvider { "ticket" } },
            "addListener" to { it.addListener(SayingListener(Heard())) },
            "events" to { it.events },
            "connectionStatus" to { it.connectionStatus },
            "serverTimeMs" to { it.serverTimeMs },
            "lastError" to { it.lastError },
        )
        // The library lets some through while its thread of events has not ended yet.
        repeat(20) {
            for ((name, call) in calls) {
                val short = Client()
                short.close()
                assertFailsWith<IllegalStateException>(name) { call(short) }
            }
        }
        val fields = Client()
        fields.close()
        fields.removeListener(SayingListener(Heard()))
        assertNull(fields.loginUser)
        assertNull(fields.state.value.user)
    }

    @Test
    fun `a call while the client closes throws or has a result, and never both`() {
        val threads = { Thread.getAllStackTraces().keys.filter { it.name == "tessera-events" }.toSet() }
        repeat(300) { round ->
            val before = threads()
            val short = Client()
            short.logout {}
            val own = (threads() - before).single()
            val calls = ArrayList<Pair<AtomicInteger, Boolean>>()
            val caller = thread {
                do {
                    val told = AtomicInteger()
                    val threw = runCatching { short.logout { told.incrementAndGet() } }.isFailure
                    calls += told to threw
                } while (!threw)
            }
            // At another moment of a call each time.
            Thread.sleep(0, round * 1_000)
            short.close()
            caller.join()
            own.join(PATIENCE_S * 1000)
            assertFalse(own.isAlive)
            for ((told, threw) in calls) assertEquals(if (threw) 0 else 1, told.get())
        }
    }

    @Test
    fun `closing completes whoever still waits, however short unInit may wait`() = within {
        // C9
        for (timeoutMs in listOf(0L, 5_000L)) {
            val short = Client()
            short.init(gateway.app, gateway.config("short$timeoutMs").apply { uninitTimeoutMs = timeoutMs })
            gateway.fault("short$timeoutMs", "stall")
            val (entered, leave) = CountDownLatch(1) to CountDownLatch(1)
            if (timeoutMs == 0L) {
                // One that is stuck keeps all others waiting.
                short.logout {
                    entered.countDown()
                    leave.await()
                }
                entered.await()
            }
            coroutineScope {
                val waiting = List(3) {
                    async(start = CoroutineStart.UNDISPATCHED) { runCatching { short.login("alice", "ticket $it") } }
                }
                short.close()
                leave.countDown()
                val codes = waiting.awaitAll().map { (it.exceptionOrNull() as TesseraException).error.code }
                // A login replaces the one before.
                assertEquals(7009, codes.last())
            }
        }
    }

    @Test
    fun `the shared client outlives its closing`() = within {
        repeat(2) {
            Client.shared.init(gateway.app, gateway.config("shared"))
            Client.shared.login("alice", gateway.sign("alice"))
            Client.shared.close()
            Client.shared.close()
            assertEquals(LoginStatus.LOGGED_OUT, Client.shared.status)
        }
    }

    @Test
    fun `blocking calls work on a thread of the app`() {
        client.init(gateway.app, gateway.config())
        client.loginBlocking("alice", gateway.sign("alice"))
        assertEquals("alice", client.loginUser)
        client.logoutBlocking()
        runBlocking(Dispatchers.Default) { client.login("bob", gateway.sign("bob")) }
        assertEquals("bob", client.loginUser)
    }
}
