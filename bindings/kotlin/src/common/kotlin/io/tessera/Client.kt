// The Kotlin face: one client. It converts, calls one function of the library, converts back; V2TIM's names are in
// `io.tessera.v2tim`, over this.

package io.tessera

import io.tessera.internal.CLOSED
import io.tessera.internal.Delivery
import io.tessera.internal.DeliveryHost
import io.tessera.internal.DueResults
import io.tessera.internal.Host
import io.tessera.internal.Listeners
import io.tessera.internal.LogPump
import io.tessera.internal.ProviderSeat
import io.tessera.internal.Receiver
import io.tessera.internal.Receivers
import io.tessera.internal.SDK_VERSION
import io.tessera.internal.UNIFFI_ABI_VERSION
import io.tessera.internal.convert
import io.tessera.internal.guard
import io.tessera.internal.newCallbackContext
import io.tessera.internal.setting
import io.tessera.internal.tell
import io.tessera.internal.toState
import io.tessera.internal.wellFormed
import io.tessera.uniffi.CallException
import io.tessera.uniffi.Ending
import io.tessera.uniffi.Event
import io.tessera.uniffi.EventKind
import io.tessera.uniffi.InternalException
import io.tessera.uniffi.Stamp
import io.tessera.uniffi.Started
import io.tessera.uniffi.abiVersion
import io.tessera.uniffi.errorOf
import io.tessera.v2tim.BaseConstants
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException
import io.tessera.uniffi.Client as NativeClient
import io.tessera.uniffi.Init as NativeInit

/**
 * One client: one account at a time, many clients per process. [Client.shared] is the one that V2TIM's singleton uses.
 *
 * Every other one has to be closed: until then it has a thread of its own. Threads of the SDK do not keep the process
 * alive, and it may exit at any time.
 */
public class Client private constructor(private val isShared: Boolean) : AutoCloseable {
    /** A client with a device id of its own. */
    public constructor() : this(false)

    private val context = newCallbackContext()
    private val listeners = Listeners()
    private val receivers = Receivers()
    private val provider = ProviderSeat()

    private val results = DueResults()

    @Volatile
    private var newest = ClientState(LoginStatus.LOGGED_OUT, null, 0u)
    private val states = MutableStateFlow(newest)

    /** Lets init and unInit come one after the other. No code of the host runs under it. */
    private val lifecycle = Any()
    private var host: Host? = null
    private val isClosing = AtomicBoolean()

    private val native: NativeClient by lazy {
        checkAbi()
        if (isShared) NativeClient.shared() else NativeClient()
    }

    /** Made with the first call that may have something to deliver. */
    private val delivery: Delivery by lazy {
        Delivery(native, context, Deliverer()).also { it.start() }
    }

    // ---- calls --------------------------------------------------------------------------------------------------

    /**
     * Initialises and, unless the settings say otherwise, connects. With the same app while initialised it is a success:
     * the first configuration is kept. [app] is the SDKAppID.
     *
     * @throws TesseraException 6017 for app 0 and for settings that are invalid or incomplete; 90101 while initialised
     * with another app; 6018 when the SDK's thread does not start.
     */
    @Throws(TesseraException::class)
    public fun init(app: Long, config: ClientConfig) {
        val (settings, host) = config.toList() to config.host
        val manifest = host.manifest().map { (name, value) -> setting(name, value) }
        val listener = config.logListener ?: host.log
        synchronized(lifecycle) {
            checkOpen()
            val delivery = delivery
            var isNew = false
            // While initialised the first configuration holds, its log listener too.
            val log = listener.takeIf { native.app() == 0UL }?.let {
                LogPump.Target(delivery, context, it, isConsole = config.logListener == null)
            }
            // Before, for the records of the call itself.
            log?.let(LogPump::add)
            try {
                // There are no negative ones at the boundary; 0 is refused there.
                isNew = native.`init`(app.coerceAtLeast(0).toULong(), settings, manifest) == NativeInit.STARTED
                if (isNew) watch(host)
            } catch (refused: CallException.Refused) {
                throw TesseraException(refused.`info`.convert())
            } finally {
                if (!isNew) log?.let(LogPump::remove)
            }
        }
    }

    /**
     * Ends everything: the session is logged out without waiting for the gateway, listeners and provider are forgotten,
     * calls that wait get 7009. On a JVM it waits for the callback that runs and for these results, as long as the
     * setting `uninit_timeout_ms` allows; on Android they follow on the main looper. Inside a callback it runs what is
     * left before it returns. [init] may follow.
     */
    public fun unInit() {
        checkOpen()
        endAll()
    }

    private fun endAll() {
        val question: Job?
        val ended: List<Receiver>
        val ending: Ending
        synchronized(lifecycle) {
            // First, so that what a callback of a 7009 adds is of the next initialisation.
            listeners.clear()
            question = provider.set(null)
            ended = receivers.forget(isClosing.get())
            LogPump.forget(delivery)
            watch(null)
            ending = native.unInit()
            delivery.void(ending)
        }
        ending.use {
            publish(it.stamp())
            question?.cancel()
            ended.forEach(Receiver::end)
            delivery.end(it)
        }
    }

    /**
     * Logs in; suspends until there is a result. Cancelling it changes nothing but that nobody learns the result.
     *
     * @throws TesseraException 6013 before init; 6017 or 7003 for an invalid argument; 6206, 70001 or 70052 when a new
     * ticket is needed; 9520 or 9523 at the deadline; 6023 when a logout or another login came in between; 7009 after
     * unInit; 7008 when too many results wait; else what the gateway says.
     */
    public suspend fun login(userId: String, userSig: String): Unit = result { login(userId, userSig, it) }

    /** As the suspending one. Status and user are the new ones when it returns; [onResult] is called later. */
    public fun login(userId: String, userSig: String, onResult: ResultListener): Unit =
        call(onResult) { native.login(userId.wellFormed(), userSig.wellFormed()) }

    /**
     * As the suspending one, blocking the calling thread. Where callbacks run it fails at once with 7014: inside those of
     * any client, and on Android's main thread.
     */
    @Throws(TesseraException::class, InterruptedException::class)
    public fun loginBlocking(userId: String, userSig: String): Unit = blocking { login(userId, userSig, it) }

    /**
     * Logs out; suspends until there is a result. Succeeds when nobody is logged in, and whatever the network does.
     *
     * @throws TesseraException 6013 before init; 7009 after unInit; 7008 when too many results wait.
     */
    public suspend fun logout(): Unit = result { logout(it) }

    /** As the suspending one. [onResult] is called later. */
    public fun logout(onResult: ResultListener): Unit = call(onResult) { native.logout() }

    /** As the suspending one, blocking the calling thread. It fails with 7014 where [loginBlocking] does. */
    @Throws(TesseraException::class, InterruptedException::class)
    public fun logoutBlocking(): Unit = blocking { logout(it) }

    /** The network is back or has changed: reconnect or probe now, at most once a second. Android calls it itself. */
    public fun notifyNetworkAvailable(): Unit = open.hint()

    /** The app is in the foreground again: reconnect or probe now, at most once a second. Android calls it itself. */
    public fun notifyForeground(): Unit = open.hint()

    /**
     * Sets who is asked for a new ticket before the one in use expires; `null` for nobody. It runs in a coroutine of its
     * own, on `Dispatchers.Default`. What it throws never ends a session: it is asked again later. unInit forgets it.
     */
    public fun setTicketProvider(provider: (suspend (userId: String) -> String)?) {
        val older = synchronized(lifecycle) {
            checkOpen()
            // In this order nobody asks a provider that is not there.
            if (provider == null) native.setHasProvider(false)
            this.provider.set(provider).also { if (provider != null) native.setHasProvider(true) }
        }
        older?.cancel()
    }

    /** As the suspending one, for Java; it may block. */
    public fun setBlockingTicketProvider(provider: TicketProvider?) {
        setTicketProvider(provider?.let { { userId -> runInterruptible(Dispatchers.IO) { it.ticketFor(userId) } } })
    }

    /**
     * Ends everything, and the client's thread with it; results that are still due become 7009. From then on every call
     * throws `IllegalStateException`, but for another [close], the removal of a listener, and [status], [loginUser] and
     * [state], which read fields. [shared] is never closed: there it is [unInit].
     */
    override fun close() {
        if (isShared) return unInit()
        if (isClosing.getAndSet(true)) return
        endAll()
        native.closeEvents()
        native.destroy()
    }

    // ---- events -------------------------------------------------------------------------------------------------

    /**
     * The events from the moment of collecting on, until unInit, which completes the flow. It may be collected before
     * init; who starts after it can miss the first [ClientEvent.ConnectSuccess].
     */
    public val events: Flow<ClientEvent>
        get() {
            checkOpen()
            return receivers.events
        }

    /** Adds a listener, before or after init. The same one twice counts once. unInit forgets it. */
    public fun addListener(listener: ClientListener) {
        checkOpen()
        listeners.add(listener)
    }

    /**
     * Removes a listener. When it returns, no callback of it runs or will start, except the one that this was called
     * from; so it blocks while one runs on another thread.
     */
    public fun removeListener(listener: ClientListener): Unit = listeners.remove(listener)

    // ---- state --------------------------------------------------------------------------------------------------

    /** Status and user, the newest, as a flow that keeps the last. */
    public val state: StateFlow<ClientState> = states.asStateFlow()

    /** The login status, the newest: reads a field. */
    public val status: LoginStatus get() = newest.status

    /** The user, while logged in; else `null`. Reads a field. */
    public val loginUser: String? get() = newest.user

    /** The state of the connection, which moves without the login status. */
    public val connectionStatus: ConnectionStatus get() = open.connectionStatus().convert()

    /** Gateway time as Unix milliseconds; 0 until the gateway told it since init. */
    public val serverTimeMs: Long get() = open.serverTimeMs().toLong()

    /** Why the last [init] failed; `null` if it succeeded. */
    public val lastError: TesseraError? get() = open.lastError()?.convert()

    // ---- delivery -----------------------------------------------------------------------------------------------

    /** The client of the library, for calls of the host: the library itself would still take some while it closes. */
    private val open: NativeClient
        get() {
            checkOpen()
            return native
        }

    private fun checkOpen() = check(!isClosing.get()) { CLOSED }

    private fun call(onResult: ResultListener, start: () -> Started) {
        checkOpen()
        // It has to be there for the result.
        delivery
        results.call(onResult) { answered(start) }?.let { publish(it.stamp) }
    }

    /** A call that is refused has its result, too. */
    private fun answered(start: () -> Started): Started = try {
        start()
    } catch (refused: CallException.Refused) {
        native.answer(refused.`info`.code)
    } catch (_: InternalException) {
        results.loseNumber()
        native.answer(BaseConstants.ERR_SDK_INTERNAL_ERROR)
    }

    private suspend fun result(start: (ResultListener) -> Unit): Unit = suspendCancellableCoroutine { waiting ->
        start { error ->
            if (error == null) waiting.resume(Unit) else waiting.resumeWithException(TesseraException(error))
        }
    }

    private fun blocking(start: (ResultListener) -> Unit) {
        if (context.isHere) {
            throw TesseraException(errorOf(BaseConstants.ERR_SDK_INVALID_OPERATION).convert())
        }
        val done = CountDownLatch(1)
        var failure: TesseraError? = null
        start { error ->
            failure = error
            done.countDown()
        }
        done.await()
        failure?.let { throw TesseraException(it) }
    }

    private fun publish(stamp: Stamp) {
        // Nearly always: a call and the event of its result bring the same. The flow is the last that learns it.
        if (stamp.epoch <= states.value.epoch) return
        val state = stamp.toState()
        synchronized(states) { if (state.epoch > newest.epoch) newest = state }
        // Outside of the lock: whoever collects may run here.
        states.update { known -> if (state.epoch > known.epoch) state else known }
    }

    private inner class Deliverer : DeliveryHost {
        override fun publish(stamp: Stamp) = this@Client.publish(stamp)

        override fun deliver(event: Event, isVoid: Boolean) {
            val kind = event.kind
            when {
                kind is EventKind.Completed -> complete(kind, isVoid)
                isVoid -> {}
                kind is EventKind.TicketRequest -> provider.ask(native, kind.request, kind.user)
                else -> tell(kind)
            }
        }

        override fun closed() {
            val interrupted = errorOf(BaseConstants.ERR_SDK_COMM_INTERRUPT).convert()
            results.close().forEach { guard("a callback") { it.onResult(interrupted) } }
        }
    }

    private fun complete(completed: EventKind.Completed, isVoid: Boolean) {
        val onResult = results.take(completed.call) ?: return
        val error = if (isVoid) errorOf(BaseConstants.ERR_SDK_COMM_INTERRUPT) else completed.error
        onResult.onResult(error?.convert())
    }

    private fun tell(kind: EventKind) {
        val event = when (kind) {
            is EventKind.Connecting -> ClientEvent.Connecting
            is EventKind.ConnectSuccess -> ClientEvent.ConnectSuccess
            is EventKind.ConnectFailed -> ClientEvent.ConnectFailed(kind.error.convert())
            is EventKind.Disconnected -> ClientEvent.Disconnected(kind.error.convert())
            is EventKind.KickedOffline -> ClientEvent.KickedOffline(kind.kick.convert())
            is EventKind.UserSigExpired -> ClientEvent.UserSigExpired
            is EventKind.Completed, is EventKind.TicketRequest -> return
        }
        receivers.send(event)
        listeners.each { it.tell(event) }
    }

    /** With [lifecycle] held, so that nobody watches for a client that is not initialised. */
    private fun watch(next: Host?) {
        host?.unwatch()
        host = next
        next?.watch(::hint)
    }

    /** Called by the system, also while the client closes. */
    private fun hint() {
        try {
            native.hint()
        } catch (_: IllegalStateException) {
            // It has closed.
        }
    }

    public companion object {
        /** The client of the process, which has the installation's device id. It is never closed. */
        @JvmStatic
        public val shared: Client = Client(true)

        /** Version of the SDK. */
        @JvmStatic
        public val version: String get() = SDK_VERSION

        private fun checkAbi() {
            val found = abiVersion()
            check(found == UNIFFI_ABI_VERSION) {
                "the library exports version $found, this code needs $UNIFFI_ABI_VERSION: they are of different releases"
            }
        }
    }
}
