// The ticket provider of a client, and the question that it works on (C15).

package io.tessera

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import io.tessera.uniffi.Client as NativeClient

internal typealias Provider = suspend (userId: String) -> String

internal class ProviderSeat {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val lock = Any()
    private var provider: Provider? = null
    private var question: Job? = null

    /** Replaces the provider. A question that the older one works on is dropped. */
    fun set(provider: Provider?) {
        val older = synchronized(lock) {
            this.provider = provider
            question.also { question = null }
        }
        older?.cancel()
    }

    /** Asks in a coroutine of its own; the answer goes to the client, unless the question is dropped first. */
    fun ask(native: NativeClient, request: ULong, userId: String) {
        val asked = synchronized(lock) { provider }
        if (asked == null) return native.provideError(request, "there is no ticket provider")
        val question = scope.launch {
            try {
                native.provideTicket(request, asked(userId))
            } catch (thrown: Throwable) {
                // Of a question that was dropped nobody wants to know; a time limit inside the provider is an error.
                if (!isActive) throw thrown
                report("the ticket provider", thrown)
                native.provideError(request, "the ticket provider failed")
            }
        }
        synchronized(lock) {
            // Replaced meanwhile: then nobody waits for the answer.
            if (provider === asked) this.question = question else question.cancel()
        }
    }
}
