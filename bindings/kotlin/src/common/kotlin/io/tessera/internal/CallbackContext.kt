// Where the callbacks of a client run. Its two kinds are the SDK's own thread (`src/jvm`) and the main looper
// (`src/android`).

package io.tessera.internal

import io.tessera.LogListener

/** A delivery context: one piece of work at a time, in the order of the calls. */
internal interface CallbackContext {
    /** Runs [work] here and returns when it is done. Called by threads of the SDK only. */
    fun run(work: Runnable)

    /** Whether unInit may wait until everything is delivered. A loop of the host must not be waited for. */
    val isWaitedFor: Boolean

    /** Whether the caller stands where callbacks run, of any client: who waits there for one may wait for ever. */
    val isHere: Boolean
}

/** A thread of the SDK that has callbacks to run. It does not keep the process alive. */
internal class CallbackThread(name: String, work: Runnable) : Thread(work, name) {
    init {
        isDaemon = true
    }
}

/** What lies outside of an app's code: its manifest, the network and the foreground, a console. */
internal interface Host {
    /** Settings of the manifest, the strongest last. */
    fun manifest(): List<Pair<String, String>>

    /** Begins to tell [hint] of a network or a foreground that has come, until [unwatch]. */
    fun watch(hint: () -> Unit)

    fun unwatch()

    /** Where log records go that no listener asked for. */
    val log: LogListener?
}
