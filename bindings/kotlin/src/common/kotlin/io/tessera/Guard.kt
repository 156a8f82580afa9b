// Host code that throws must hurt nobody else (C19): not the other listeners, not the thread that delivers.

package io.tessera

import io.tessera.uniffi.reportFailure

/** Runs host code, and reports to the log what it throws, `Error`s too. */
internal inline fun guard(what: String, run: () -> Unit) {
    try {
        run()
    } catch (thrown: Throwable) {
        report(what, thrown)
    }
}

/** The class and the place are told; the message is the host's and may hold anything, a ticket too. */
internal fun report(what: String, thrown: Throwable) {
    try {
        val place = thrown.stackTrace.firstOrNull()?.let { " at $it" } ?: ""
        reportFailure("$what threw ${thrown.javaClass.name}$place")
    } catch (_: Throwable) {
        // No memory, or a stack that has no room for a call: there is nobody left to tell.
    }
}
