// Takes a client's events from the library and runs their callbacks, one at a time and in order (C18), and stops them
// at unInit (C9). What a callback is, it does not know.

package io.tessera.internal

import io.tessera.uniffi.Ending
import io.tessera.uniffi.Event
import io.tessera.uniffi.Stamp
import java.util.ArrayDeque
import io.tessera.uniffi.Client as NativeClient

/** How many events are taken at once. */
private const val BATCH: UInt = 1000u
private const val NANOS_PER_MILLI = 1_000_000

/** Who knows what the callback of an event is. */
internal interface DeliveryHost {
    /** Told the newest state of each batch before any of its callbacks runs. */
    fun publish(stamp: Stamp)

    /** Runs the callback of an event; [isVoid] says that unInit came before it. */
    fun deliver(event: Event, isVoid: Boolean)

    /** The client was closed, and no event follows. Must not throw. */
    fun closed()
}

internal class Delivery(
    private val native: NativeClient,
    private val context: CallbackContext,
    private val client: DeliveryHost,
) {
    // Java's monitors, because they are there on every Android and cost little without contention.
    private val lock = Object()
    private val inHand = ArrayDeque<Event>()

    /** How many events came in hand, ever. */
    private var taken: ULong = 0u

    /** The thread of the events may take a batch, or has one that is not in hand yet: nobody else takes one then. */
    private var isPulling = true

    /** Events of earlier initialisations are void. */
    private var init: ULong = 0u
    private var depth = 0
    private var runningOn: Thread? = null

    /** Counts callbacks that have returned, with those that ran inside them, so that one can wait for a certain one. */
    private var returned = 0L

    /** How many threads wait for one of these to change. */
    private var waiting = 0

    private val puller = CallbackThread("tessera-events", ::pull)

    /** The thread does not keep the process alive, and ends with `closeEvents`. */
    fun start() = puller.start()

    /** Runs host code that is no event, if it `isWanted` at that moment. [callback] must not throw. */
    fun runCallback(isWanted: () -> Boolean, callback: () -> Unit) {
        synchronized(lock) { if (isWanted()) enter() else return }
        try {
            callback()
        } finally {
            synchronized(lock) { leave() }
        }
    }

    // ---- unInit -------------------------------------------------------------------------------------------------

    /** unInit has been called: nothing of before is delivered any more but results. */
    fun void(ending: Ending) {
        val next = ending.`init`()
        synchronized(lock) { init = maxOf(init, next) }
    }

    /**
     * Returns as C9 says: from inside a callback after it has run what is left, else when the running callback has
     * returned.
     */
    fun end(ending: Ending) {
        if (isDeliveringHere) return deliverEverything(ending.eventsBefore())
        // Whoever collects states may run where they are published, with events that are still to be delivered.
        if (Thread.currentThread() === puller) return
        // One limit for both waits.
        val deadline = System.nanoTime() + ending.withinMs().toLong() * NANOS_PER_MILLI
        if (context.isWaitedFor) {
            ending.blockUntilDelivered()
        } else if (context.isHere) {
            return
        }
        // Also where that was waited for: a log record is no event of the library's.
        awaitRunning(deadline)
    }

    /** Whether the caller stands inside a callback of this client. */
    private val isDeliveringHere: Boolean
        get() = synchronized(lock) { runningOn === Thread.currentThread() }

    /** Waits until the callback that runs now has returned. */
    private fun awaitRunning(deadline: Long) {
        val until = synchronized(lock) { if (depth > 0) returned + 1 else returned }
        awaitWhile(deadline) { returned < until }
    }

    /** As long as [isPending] says so, with the lock held, but for an end in time. */
    private fun awaitWhile(deadline: Long?, isPending: () -> Boolean) {
        var interrupted = false
        synchronized(lock) {
            waiting += 1
            while (isPending()) {
                val left = deadline?.let { (it - System.nanoTime()) / NANOS_PER_MILLI }
                if (left != null && left <= 0) break
                try {
                    lock.wait(left ?: 0)
                } catch (_: InterruptedException) {
                    // unInit is not to be left half done.
                    interrupted = true
                }
            }
            waiting -= 1
        }
        if (interrupted) Thread.currentThread().interrupt()
    }

    /**
     * Inside a callback: delivers what is left, the first [all] events at least. The thread of the events may be about to
     * bring some of them; it then waits for this callback, so that there is never more than one that takes.
     */
    private fun deliverEverything(all: ULong) {
        deliverInHand()
        do {
            awaitWhile(null) { isPulling && taken < all }
            if (!synchronized(lock) { isPulling }) take(native.waitingEvents(BATCH))
        } while (deliverInHand())
    }

    // ---- events -------------------------------------------------------------------------------------------------

    private fun pull() {
        while (true) {
            synchronized(lock) { isPulling = true }
            val batch = try {
                native.nextEvents(BATCH)
            } catch (_: IllegalStateException) {
                // The client was closed while the thread was on its way here.
                emptyList()
            }
            take(batch)
            if (batch.isEmpty()) break
            context.run { deliverInHand() }
        }
        context.run { runCallback({ true }, client::closed) }
    }

    private fun take(batch: List<Event>) {
        batch.lastOrNull()?.let { client.publish(it.stamp) }
        synchronized(lock) {
            inHand.addAll(batch)
            taken += batch.size.toULong()
            isPulling = false
            if (waiting > 0) lock.notifyAll()
        }
    }

    /** Until nothing is left: a callback may have delivered the rest itself. Whether there was anything. */
    private fun deliverInHand(): Boolean {
        var next = synchronized(lock) { nextInHand() } ?: return false
        while (true) {
            val (event, isVoid) = next
            guard("the delivery of an event") { client.deliver(event, isVoid) }
            next = synchronized(lock) {
                leave()
                nextInHand()
            } ?: return true
        }
    }

    /** The next event, whose callback counts as running from here on: unInit comes either before it or waits for it. */
    private fun nextInHand(): Next? {
        val event = inHand.pollFirst() ?: return null
        enter()
        return Next(event, event.`init` < init)
    }

    private data class Next(val event: Event, val isVoid: Boolean)

    // ---- with the lock held -------------------------------------------------------------------------------------

    private fun enter() {
        depth += 1
        runningOn = Thread.currentThread()
    }

    private fun leave() {
        depth -= 1
        if (depth > 0) return
        runningOn = null
        returned += 1
        if (waiting > 0) lock.notifyAll()
    }
}
