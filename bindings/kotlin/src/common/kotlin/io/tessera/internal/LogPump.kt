// Takes log records from the library's queue, which is of the process, to the listener of the client that was
// initialised last and has one.

package io.tessera.internal

import io.tessera.LogListener
import io.tessera.uniffi.LogRecord
import io.tessera.uniffi.closeLogs
import io.tessera.uniffi.nextLogs
import io.tessera.uniffi.openLogs

/** How many records are taken at once. */
private const val BATCH: UInt = 100u

internal object LogPump {
    /**
     * Who gets the records. `isConsole` says that no app has asked for them: then none of its code runs, and no delivery
     * context has to wait for it.
     */
    class Target(
        val delivery: Delivery,
        val context: CallbackContext,
        val listener: LogListener,
        val isConsole: Boolean,
    )

    private val lock = Object()
    private val targets = ArrayList<Target>()
    private var hasThread = false

    @Volatile
    private var current: Target? = null

    fun add(target: Target) = change {
        targets.add(target)
        if (!hasThread) {
            hasThread = true
            CallbackThread("tessera-log", ::pump).start()
        }
    }

    fun remove(target: Target) = change { targets.remove(target) }

    /** unInit: a client's listener gets nothing any more. */
    fun forget(delivery: Delivery) = change { targets.removeAll { it.delivery === delivery } }

    private fun change(change: () -> Unit) = synchronized(lock) {
        val before = current
        change()
        current = targets.lastOrNull { !it.isConsole } ?: targets.lastOrNull()
        if (before == null && current != null) openLogs()
        if (before != null && current == null) closeLogs()
        lock.notifyAll()
    }

    private fun pump() {
        while (true) {
            awaitTarget()
            val records = nextLogs(BATCH)
            val to = current ?: continue
            if (to.isConsole) records.forEach { to.tell(it) } else to.callBack(records)
        }
    }

    private fun awaitTarget() = synchronized(lock) {
        while (current == null) {
            try {
                lock.wait()
            } catch (_: InterruptedException) {
                // A listener has left it behind.
            }
        }
    }

    private fun Target.callBack(records: List<LogRecord>) = context.run {
        for (record in records) {
            delivery.runCallback({ current === this }) { tell(record) }
        }
    }

    private fun Target.tell(record: LogRecord) {
        try {
            listener.onLog(record.level.convert(), record.text)
        } catch (_: Throwable) {
            // Told to the log, it would come back here, for ever.
        }
    }
}
