// The ticket provider of a client, and the question that it works on (C15).

package io.tessera.internal

import io.tessera.uniffi.ClientInterface
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch

/** One in Java may return `null`. */
internal typealias Provider = suspend (userId: String) -> String?

private class TicketIsNull : Exception()

internal class ProviderSeat {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val lock = Any()
    private var provider: Provider? = null
    private var question: Job? = null

    /** Rises with each change of provider. */
    private var changes = 0

    /** Replaces the provider. Returns the question that the older one works on, which the caller has to cancel. */
    fun set(provider: Provider?): Job? = synchronized(lock) {
        this.provider = provider
        changes += 1
        question.also { question = null }
    }

    /** Asks in a coroutine of its own; the answer goes to the client, unless the question is dropped first. */
    fun ask(native: ClientInterface, request: ULong, userId: String) {
        val (asked, asOf) = synchronized(lock) { provider to changes }
        if (asked == null) return native.provideError(request, "there is no ticket provider")
        val question = scope.launch {
            val ticket = try {
                (asked(userId) ?: throw TicketIsNull()).wellFormed()
            } catch (thrown: Throwable) {
                // Of a question that was dropped nobody wants to know; a time limit inside the provider is an error.
                if (isActive) native.answerFailure(request, thrown)
                return@launch
            }
            // A provider need not mind that its question is dropped.
            if (isActive) native.answer(request, ticket)
        }
        // Nobody waits for the answer to the question before; nor to this one if its provider was replaced meanwhile.
        val forgotten = synchronized(lock) {
            if (changes == asOf) this.question.also { this.question = question } else question
        }
        // Outside of the lock: handlers of the host run here.
        forgotten?.cancel()
    }

    private fun ClientInterface.answer(request: ULong, ticket: String) {
        try {
            provideTicket(request, ticket)
        } catch (_: IllegalStateException) {
            // The client was closed meanwhile.
        } catch (thrown: Throwable) {
            answerFailure(request, thrown)
        }
    }

    /** Throws nothing: what leaves a coroutine of the SDK ends an app on Android. */
    private fun ClientInterface.answerFailure(request: ULong, thrown: Throwable) {
        report("the ticket provider", thrown)
        try {
            provideError(request, "the ticket provider failed")
        } catch (_: Throwable) {
            // The client was closed meanwhile, or there is no memory: then time ends the question.
        }
    }
}
