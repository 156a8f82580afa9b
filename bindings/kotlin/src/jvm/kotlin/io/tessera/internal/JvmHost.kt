// A plain JVM: callbacks run on threads of the SDK, and nothing tells of networks or manifests.

package io.tessera.internal

import io.tessera.LogListener
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

internal fun newCallbackContext(): CallbackContext = SdkThreads()

/**
 * Callbacks run on the thread that has something to deliver: that of the events, that of the log. The turn lets them
 * run one at a time; no call of the API takes it.
 */
private class SdkThreads : CallbackContext {
    private val turn = ReentrantLock(true)

    override fun run(work: Runnable) = turn.withLock { work.run() }

    override val isWaitedFor: Boolean get() = true

    override val isHere: Boolean get() = Thread.currentThread() is CallbackThread
}

internal object JvmHost : Host {
    override fun manifest(): List<Pair<String, String>> = emptyList()

    override fun watch(hint: () -> Unit) = Unit

    override fun unwatch() = Unit

    override val log: LogListener? get() = null
}
