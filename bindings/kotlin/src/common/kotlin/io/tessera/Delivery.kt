// Takes a client's events from the library and runs their callbacks, one at a time and in order (C18), and stops them
// at unInit (C9). What a callback is, it does not know.

package io.tessera

import io.tessera.uniffi.Ending
import io.tessera.uniffi.Event
import java.util.ArrayDeque
import io.tessera.uniffi.Client as NativeClient

/** How many events are taken at once. */
private const val BATCH: UInt = 1000u

internal class Delivery(
    private val native: NativeClient,
    private val context: CallbackContext,
    /** Told of each event before any callback of its batch runs. */
    private val seen: (Event) -> Unit,
    /** Runs the callback of an event; `isVoid` says that unInit came before it. */
    private val deliver: (event: Event, isVoid: Boolean) -> Unit,
) {
    // Java's monitors, because they are there on every Android and cost little without contention.
    private val lock = Object()
    private val inHand = ArrayDeque<Event>()

    /** Events of earlier initialisations are void. */
    private var init: ULong = 0u
    private var depth = 0
    private var runningOn: Thread? = null

    /** Counts callbacks that have returned, so that one can wait for a certain one. */
    private var returned = 0L

    private val puller = Thread(::pull, "tessera-events").apply { isDaemon = true }

    /** The thread does not keep the process alive, and ends with `closeEvents`. */
    fun start() = puller.start()

    /** Whether the caller stands inside a callback of this client. */
    val isDeliveringHere: Boolean
        get() = synchronized(lock) { runningOn === Thread.currentThread() }

    /** Runs host code that is no event, if it `isWanted` at that moment: a log record, a result that was not queued. */
    fun runCallback(isWanted: () -> Boolean, callback: () -> Unit) {
        synchronized(lock) { if (isWanted()) enter() else return }
        try {
            guard("a callback", callback)
        } finally {
            leave()
        }
    }

    /**
     * unInit has been called: nothing of before is delivered any more but results. Returns as C9 says: from inside a
     * callback after it has run what is left, else when the running callback has returned.
     */
    fun end(ending: Ending) {
        synchronized(lock) { init = ending.`init`() }
        when {
            isDeliveringHere -> deliverEverything()
            context.isWaitedFor -> {
                ending.blockUntilDelivered()
                // A log record is no event of the library's.
                awaitRunning(ending.withinMs().toLong())
            }
            !context.isHere -> awaitRunning(ending.withinMs().toLong())
        }
    }

    private fun pull() {
        while (true) {
            val batch = native.nextEvents(BATCH)
            if (batch.isEmpty()) return
            take(batch)
            context.run(::deliverInHand)
        }
    }

    private fun take(batch: List<Event>) {
        seen(batch.last())
        synchronized(lock) { inHand.addAll(batch) }
    }

    private fun deliverInHand() {
        while (deliverOne()) {
            // Until nothing is left: a callback may have delivered the rest itself.
        }
    }

    private fun deliverEverything() {
        deliverInHand()
        while (true) {
            val batch = native.waitingEvents(BATCH)
            if (batch.isEmpty()) return
            take(batch)
            deliverInHand()
        }
    }

    private fun deliverOne(): Boolean {
        val event: Event
        val isVoid: Boolean
        synchronized(lock) {
            event = inHand.pollFirst() ?: return false
            // Decided together with the entry, so that unInit comes either before it or waits for it.
            isVoid = event.`init` < init
            enter()
        }
        try {
            guard("the delivery of an event") { deliver(event, isVoid) }
        } finally {
            leave()
        }
        return true
    }

    private fun enter() = synchronized(lock) {
        depth += 1
        runningOn = Thread.currentThread()
    }

    private fun leave() = synchronized(lock) {
        depth -= 1
        if (depth == 0) runningOn = null
        returned += 1
        lock.notifyAll()
    }

    /** Waits until the callback that runs now has returned. */
    private fun awaitRunning(withinMs: Long) {
        val deadline = System.nanoTime() + withinMs * 1_000_000
        synchronized(lock) {
            val until = returned + depth
            while (returned < until) {
                val left = (deadline - System.nanoTime()) / 1_000_000
                if (left <= 0) return
                lock.wait(left)
            }
        }
    }
}
