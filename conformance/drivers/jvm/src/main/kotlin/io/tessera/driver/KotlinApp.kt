// The app in Kotlin: suspending calls, a suspending ticket provider, and a listener.

package io.tessera.driver

import io.tessera.Client
import io.tessera.ClientConfig
import io.tessera.ClientListener
import io.tessera.Kick
import io.tessera.TesseraError
import io.tessera.TesseraException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch
import kotlinx.coroutines.runInterruptible
import java.util.concurrent.ConcurrentHashMap

internal class KotlinApp : App {
    private val client = Client.shared

    // Unconfined: what follows a suspending call runs where its result is delivered.
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Unconfined)
    private val listeners = ConcurrentHashMap<String, ClientListener>()

    override fun init(app: Long, settings: Map<String, String>): Boolean = try {
        client.init(app, ClientConfig().apply { settings.forEach { (name, value) -> set(name, value) } })
        true
    } catch (_: TesseraException) {
        false
    }

    override fun lastErrorCode(): Int = client.lastError?.code ?: 0

    override fun unInit() = client.unInit()

    override fun login(user: String, ticket: String, result: App.Result) = start(result) { client.login(user, ticket) }

    override fun blockingLogin(user: String, ticket: String, result: App.Result) = try {
        client.loginBlocking(user, ticket)
        result.completed(0, "", null)
    } catch (failed: TesseraException) {
        result.failed(failed.error)
    }

    override fun logout(result: App.Result) = start(result) { client.logout() }

    override fun hint() = client.notifyNetworkAvailable()

    override fun provide(answers: App.Answers) = client.setTicketProvider { _ ->
        runInterruptible(Dispatchers.IO) { answers.next() }
    }

    override fun addListener(name: String, reports: App.Reports) =
        client.addListener(listeners.getOrPut(name) { Listener(reports) })

    override fun removeListener(name: String) = client.removeListener(listeners.remove(name)!!)

    override fun forget() = listeners.clear()

    override fun status(): Int = client.status.number

    override fun user(): String = client.loginUser ?: ""

    override fun connection(): Int = client.connectionStatus.number

    private fun start(result: App.Result, call: suspend () -> Unit) {
        scope.launch {
            try {
                call()
            } catch (failed: TesseraException) {
                return@launch result.failed(failed.error)
            }
            result.completed(0, "", null)
        }
    }

    private fun App.Result.failed(error: TesseraError) = completed(error.code, error.desc, error.isRetryable)
}

private class Listener(private val reports: App.Reports) : ClientListener {
    override fun onConnecting() = reports.event("connecting", 0, "")

    override fun onConnectSuccess() = reports.event("connect_success", 0, "")

    override fun onConnectFailed(error: TesseraError) = reports.event("connect_failed", error.code, error.desc)

    override fun onDisconnected(error: TesseraError) = reports.event("disconnected", 0, "")

    override fun onKickedOffline(kick: Kick) =
        reports.kicked(kick.reason.name.lowercase(), kick.platform?.text ?: "", kick.code ?: 0)

    override fun onUserSigExpired() = reports.event("user_sig_expired", 0, "")
}
