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
    private val entries = ArrayList<Entry>()

    /** Whose callbacks run now, each inside the one before, and on which thread. */
    private val running = ArrayList<ClientListener>()
    private var runningOn: Thread? = null

    /** One adding: who is removed and added again hears the next event, not the one under way. */
    private class Entry(val listener: ClientListener)

    fun add(listener: ClientListener) {
        synchronized(lock) { if (entries.none { it.listener.isSameAs(listener) }) entries.add(Entry(listener)) }
    }

    /**
     * When it returns, no call on the listener is running or will start, except the one that it was called from. So it
     * waits for a callback that runs on another thread.
     */
    fun remove(listener: ClientListener) = synchronized(lock) {
        entries.removeAll { it.listener.isSameAs(listener) }
        val here = Thread.currentThread()
        var interrupted = false
        while (runningOn !== here && running.any { it.isSameAs(listener) }) {
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
        val snapshot = synchronized(lock) { if (entries.isEmpty()) return else entries.toTypedArray() }
        for (entry in snapshot) {
            if (!begin(entry)) continue
            try {
                guard("a listener") { call(entry.listener) }
            } finally {
                end()
            }
        }
    }

    private fun begin(entry: Entry): Boolean = synchronized(lock) {
        if (entries.none { it === entry }) return false
        running.add(entry.listener)
        runningOn = Thread.currentThread()
        true
    }

    private fun end() = synchronized(lock) {
        running.removeAt(running.lastIndex)
        if (running.isEmpty()) runningOn = null
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
