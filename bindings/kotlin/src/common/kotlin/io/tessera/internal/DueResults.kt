// Whose result is due. The library may have the result of a call before the call has told its number.

package io.tessera.internal

import io.tessera.ResultListener
import io.tessera.uniffi.Started

internal const val CLOSED = "the client is closed"

/** Gives each listener out once: with its result, or when the client closes. */
internal class DueResults {
    /** Lets one call come after the other, so that a number that nobody has is that of [calling]. */
    private val turn = Any()
    private val lock = Any()
    private val byCall = HashMap<ULong, ResultListener>()

    /** Whose call is on its way through the library: until its number is known, or its listener is given out. */
    private var calling: ResultListener? = null

    /** A call has failed in a way that should not be, perhaps behind its number: the rule of [turn] does not hold any more. */
    private var hasLostNumber = false
    private var isClosed = false

    /** Makes a call. `null` is one that has failed behind its result, such as 7009 because the client has closed. */
    fun call(onResult: ResultListener, start: () -> Started): Started? = synchronized(turn) {
        synchronized(lock) {
            check(!isClosed) { CLOSED }
            calling = onResult
        }
        try {
            start().also { numbered(it.call) }
        } catch (thrown: Throwable) {
            // Nobody is told a result and an exception.
            if (failed()) throw thrown else null
        }
    }

    private fun numbered(call: ULong) = synchronized(lock) {
        // In one step: closing in between would find it in both places.
        takeCalling()?.let { byCall[call] = it }
    }

    /** Whether its listener was still due. */
    private fun failed(): Boolean = synchronized(lock) {
        hasLostNumber = true
        takeCalling() != null
    }

    /** The call on its way may have had a number, which it will not tell. */
    fun loseNumber() = synchronized(lock) { hasLostNumber = true }

    /** Who gets the result of a call. */
    fun take(call: ULong): ResultListener? {
        synchronized(lock) { if (!hasLostNumber) return byCall.remove(call) ?: takeCalling() }
        // When no call is on its way.
        return synchronized(turn) { synchronized(lock) { byCall.remove(call) } }
    }

    /** Who gets no result any more. No call follows. */
    fun close(): List<ResultListener> = synchronized(lock) {
        isClosed = true
        (byCall.values + listOfNotNull(takeCalling())).also { byCall.clear() }
    }

    private fun takeCalling(): ResultListener? = calling.also { calling = null }
}
