// The Kotlin face: one client. It converts, calls one function of the library, converts back; V2TIM's names are in
// `io.tessera.v2tim`, over this.

package io.tessera

import io.tessera.uniffi.CallException
import io.tessera.uniffi.Event
import io.tessera.uniffi.EventKind
import io.tessera.uniffi.InternalException
import io.tessera.uniffi.Stamp
import io.tessera.uniffi.Started
import io.tessera.uniffi.abiVersion
import io.tessera.uniffi.errorOf
import io.tessera.v2tim.BaseConstants
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.CountDownLatch
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

    /** Whose result is due. Also held around a call, so that its result is not looked for before it is in here. */
    private val calls = HashMap<ULong, ResultListener>()

    @Volatile
    private var newest = ClientState(LoginStatus.LOGGED_OUT, null, 0u)
    private val states = MutableStateFlow(newest)
    private var host: Host? = null

    private val native: NativeClient by lazy {
        checkAbi()
        if (isShared) NativeClient.shared() else NativeClient()
    }

    /** Made with the first call that may have something to deliver. */
    private val delivery: Delivery by lazy {
        Delivery(native, context, { publish(it.stamp) }, ::deliver).also { it.start() }
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
        val delivery = delivery
        val host = config.host
        val manifest = host.manifest().map { (name, value) -> io.tessera.uniffi.Setting(name, value) }
        val log = config.logListener ?: host.log
        val before = log?.let { LogPump.replace(LogPump.Target(delivery, context, it)) }
        val init = try {
            // There are no negative ones at the boundary; 0 is refused there.
            native.`init`(app.coerceAtLeast(0).toULong(), config.toList(), manifest)
        } catch (refused: CallException.Refused) {
            if (log != null) LogPump.replace(before)
            throw TesseraException(refused.`info`.convert())
        }
        when (init) {
            NativeInit.STARTED -> watch(host)
            NativeInit.ALREADY_RUNNING -> if (log != null) LogPump.replace(before)
        }
    }

    /**
     * Ends everything: the session is logged out without waiting for the gateway, listeners and provider are forgotten,
     * calls that wait get 7009. On a JVM it waits for the callback that runs and for these results, as long as the
     * setting `uninit_timeout_ms` allows; on Android they follow on the main looper. Inside a callback it runs what is
     * left before it returns. [init] may follow.
     */
    public fun unInit() {
        val ending = native.unInit()
        publish(ending.stamp())
        watch(null)
        listeners.clear()
        provider.set(null)
        receivers.end()
        LogPump.forget(delivery)
        delivery.end(ending)
        ending.destroy()
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
        call(onResult) { native.login(userId, userSig) }

    /** As the suspending one, blocking the calling thread. Inside a callback it fails at once with 7014. */
    @Throws(TesseraException::class)
    public fun loginBlocking(userId: String, userSig: String): Unit = blocking { login(userId, userSig, it) }

    /**
     * Logs out; suspends until there is a result. Succeeds when nobody is logged in, and whatever the network does.
     *
     * @throws TesseraException 6013 before init; 7009 after unInit; 7008 when too many results wait.
     */
    public suspend fun logout(): Unit = result { logout(it) }

    /** As the suspending one. [onResult] is called later. */
    public fun logout(onResult: ResultListener): Unit = call(onResult) { native.logout() }

    /** As the suspending one, blocking the calling thread. Inside a callback it fails at once with 7014. */
    @Throws(TesseraException::class)
    public fun logoutBlocking(): Unit = blocking { logout(it) }

    /** The network is back or has changed: reconnect or probe now, at most once a second. Android calls it itself. */
    public fun notifyNetworkAvailable(): Unit = native.hint()

    /** The app is in the foreground again: reconnect or probe now, at most once a second. Android calls it itself. */
    public fun notifyForeground(): Unit = native.hint()

    /**
     * Sets who is asked for a new ticket before the one in use expires; `null` for nobody. It runs in a coroutine of its
     * own, on `Dispatchers.Default`. What it throws never ends a session: it is asked again later. unInit forgets it.
     */
    public fun setTicketProvider(provider: (suspend (userId: String) -> String)?) {
        // In this order nobody asks a provider that is not there.
        if (provider == null) native.setHasProvider(false)
        this.provider.set(provider)
        if (provider != null) native.setHasProvider(true)
    }

    /** As the suspending one, for Java; it may block. */
    public fun setBlockingTicketProvider(provider: TicketProvider?) {
        setTicketProvider(provider?.let { { userId -> runInterruptible(Dispatchers.IO) { it.ticketFor(userId) } } })
    }

    /** Ends everything, and the client's thread with it. Calls that follow throw `IllegalStateException`. */
    override fun close() {
        unInit()
        native.closeEvents()
        native.destroy()
    }

    // ---- events -------------------------------------------------------------------------------------------------

    /** The events from the moment of collecting on, until unInit, which completes the flow. */
    public val events: Flow<ClientEvent> get() = receivers.events

    /** Adds a listener, before or after init. The same one twice counts once. unInit forgets it. */
    public fun addListener(listener: ClientListener): Unit = listeners.add(listener)

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
    public val connectionStatus: ConnectionStatus get() = native.connectionStatus().convert()

    /** Gateway time as Unix milliseconds; 0 until the gateway told it since init. */
    public val serverTimeMs: Long get() = native.serverTimeMs().toLong()

    /** Why the last [init] failed; `null` if it succeeded. */
    public val lastError: TesseraError? get() = native.lastError()?.convert()

    // ---- delivery -----------------------------------------------------------------------------------------------

    private fun call(onResult: ResultListener, start: () -> Started) {
        val delivery = delivery
        val refused = try {
            val started = synchronized(calls) { start().also { calls[it.call] = onResult } }
            publish(started.stamp)
            return
        } catch (refused: CallException.Refused) {
            refused.`info`
        } catch (_: InternalException) {
            errorOf(BaseConstants.ERR_SDK_INTERNAL_ERROR)
        }
        context.later { delivery.runCallback({ true }) { onResult.onResult(refused.convert()) } }
    }

    private suspend fun result(start: (ResultListener) -> Unit): Unit = suspendCancellableCoroutine { waiting ->
        start { error ->
            if (error == null) waiting.resume(Unit) else waiting.resumeWithException(TesseraException(error))
        }
    }

    private fun blocking(start: (ResultListener) -> Unit) {
        if (delivery.isDeliveringHere) {
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
        val state = stamp.toState()
        synchronized(states) { if (state.epoch > newest.epoch) newest = state }
        // Outside of the lock: whoever collects may run here.
        states.update { known -> if (state.epoch > known.epoch) state else known }
    }

    private fun deliver(event: Event, isVoid: Boolean) {
        val kind = event.kind
        when {
            kind is EventKind.Completed -> complete(kind, isVoid)
            isVoid -> {}
            kind is EventKind.TicketRequest -> provider.ask(native, kind.request, kind.user)
            else -> tell(kind)
        }
    }

    private fun complete(completed: EventKind.Completed, isVoid: Boolean) {
        val onResult = synchronized(calls) { calls.remove(completed.call) } ?: return
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

    private fun watch(next: Host?) {
        val before = synchronized(this) { host.also { host = next } }
        before?.unwatch()
        next?.watch { native.hint() }
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
