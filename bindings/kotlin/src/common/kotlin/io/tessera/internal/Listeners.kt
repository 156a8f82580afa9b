// Who listens (C19): any number, each once, and none that is called after its removal has returned.

package io.tessera.internal

import io.tessera.ClientEvent
import io.tessera.ClientListener

/** A listener that stands for another object, which says whether two are the same. */
internal interface StandsFor {
    val target: Any
}

internal class Listeners {
    private val lock = Object()
    private val entries = ArrayList<ClientListener>()

    /** Whose callback runs now, and on which thread. */
    private var running: ClientListener? = null
    private var runningOn: Thread? = null

    fun add(listener: ClientListener) = synchronized(lock) {
        if (entries.none { it.isSameAs(listener) }) entries.add(listener)
    }

    /**
     * When it returns, no call on the listener is running or will start, except the one that it was called from. So it
     * waits for a callback that runs on another thread.
     */
    fun remove(listener: ClientListener) = synchronized(lock) {
        entries.removeAll { it.isSameAs(listener) }
        val here = Thread.currentThread()
        var interrupted = false
        while (runningOn !== here && running?.isSameAs(listener) == true) {
            try {
                lock.wait()
            } catch (_: InterruptedException) {
                interrupted = true
            }
        }
        if (interrupted) here.interrupt()
    }

    /** Removes all of them, without waiting. */
    fun clear() = synchronized(lock) { entries.clear() }

    /** Calls each in the order of their adding. One that is removed meanwhile is not called. */
    fun each(call: (ClientListener) -> Unit) {
        val snapshot: Array<ClientListener>
        // One that stands inside a callback of the outer call; both run on this thread.
        val outer: ClientListener?
        synchronized(lock) {
            snapshot = if (entries.isEmpty()) return else entries.toTypedArray()
            outer = running
        }
        for (listener in snapshot) {
            if (!begin(listener)) continue
            try {
                guard("a listener") { call(listener) }
            } finally {
                end(outer)
            }
        }
    }

    private fun begin(listener: ClientListener): Boolean = synchronized(lock) {
        if (entries.none { it === listener }) return false
        running = listener
        runningOn = Thread.currentThread()
        true
    }

    private fun end(outer: ClientListener?) = synchronized(lock) {
        running = outer
        if (outer == null) runningOn = null
        lock.notifyAll()
    }

    private fun ClientListener.isSameAs(other: ClientListener) = key(this) === key(other)

    private fun key(listener: ClientListener): Any = (listener as? StandsFor)?.target ?: listener
}

internal fun ClientListener.tell(event: ClientEvent) = when (event) {
    ClientEvent.Connecting -> onConnecting()
    ClientEvent.ConnectSuccess -> onConnectSuccess()
    is ClientEvent.ConnectFailed -> onConnectFailed(event.error)
    is ClientEvent.Disconnected -> onDisconnected(event.error)
    is ClientEvent.KickedOffline -> onKickedOffline(event.kick)
    ClientEvent.UserSigExpired -> onUserSigExpired()
}
