// A client's events as flows, for programs that would rather collect them than implement a listener.

package io.tessera.internal

import io.tessera.ClientEvent
import java.util.ArrayDeque
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

internal class Receivers {
    private val receivers = ArrayList<Receiver>()
    private var isClosed = false

    /** The events from the moment of collecting on, until unInit. */
    val events: Flow<ClientEvent> = flow {
        val receiver = Receiver()
        synchronized(receivers) { if (isClosed) return@flow else receivers.add(receiver) }
        try {
            while (true) emit(receiver.next() ?: break)
        } finally {
            synchronized(receivers) { receivers.remove(receiver) }
        }
    }

    fun send(event: ClientEvent) {
        val all = synchronized(receivers) { if (receivers.isEmpty()) return else receivers.toTypedArray() }
        all.forEach { it.add(event) }
    }

    /** unInit: nothing follows. Returns those that the caller has to end; whoever collects may run there. */
    fun forget(isClosed: Boolean): List<Receiver> = synchronized(receivers) {
        this.isClosed = isClosed
        receivers.toList().also { receivers.clear() }
    }
}

internal class Receiver {
    private val waiting = ArrayDeque<ClientEvent>()
    private var ended = false
    private val news = Channel<Unit>(Channel.CONFLATED)

    /** Of connect events that wait in great number only the newest are kept (C18). */
    fun add(event: ClientEvent) {
        synchronized(waiting) {
            if (event.isConnectEvent && waiting.size >= EVENTS_WAITING_MAX) {
                waiting.removeAll { it.isConnectEvent }
            }
            waiting.add(event)
        }
        news.trySend(Unit)
    }

    fun end() {
        synchronized(waiting) { ended = true }
        news.trySend(Unit)
    }

    suspend fun next(): ClientEvent? {
        while (true) {
            synchronized(waiting) {
                waiting.pollFirst()?.let { return it }
                if (ended) return null
            }
            news.receive()
        }
    }
}
