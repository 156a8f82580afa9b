// Takes log records from the library's queue, which is of the process, to the listener of the client that was
// initialised last.

package io.tessera

import io.tessera.uniffi.closeLogs
import io.tessera.uniffi.nextLogs
import io.tessera.uniffi.openLogs

/** How many records are taken at once. */
private const val BATCH: UInt = 100u

internal object LogPump {
    /** Who gets the records. */
    class Target(val delivery: Delivery, val context: CallbackContext, val listener: LogListener)

    private val lock = Object()
    private var hasThread = false

    @Volatile
    private var target: Target? = null

    /** From now on records go to [next]; returns who had them. */
    fun replace(next: Target?): Target? = synchronized(lock) {
        val before = target
        target = next
        if (next != null) openLogs() else if (before != null) closeLogs()
        if (next != null && !hasThread) {
            hasThread = true
            Thread(::pump, "tessera-log").apply { isDaemon = true }.start()
        }
        lock.notifyAll()
        before
    }

    /** unInit: a client's listener gets nothing any more. */
    fun forget(delivery: Delivery) = synchronized(lock) {
        if (target?.delivery === delivery) replace(null)
    }

    private fun pump() {
        while (true) {
            synchronized(lock) { while (target == null) lock.wait() }
            val records = nextLogs(BATCH)
            val to = target ?: continue
            to.context.run {
                for (record in records) {
                    to.delivery.runCallback({ target === to }) { to.listener.onLog(record.level.convert(), record.text) }
                }
            }
        }
    }
}
