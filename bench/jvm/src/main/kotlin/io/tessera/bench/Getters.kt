// The rows of the getters: the manager's, a field, and what the same costs by the generated code alone.

package io.tessera.bench

import io.tessera.v2tim.V2TIMManager
import io.tessera.uniffi.Client as NativeClient

private const val ROUNDS = 9
private const val READS = 20_000_000
private const val CALLS = 20_000
private const val STATUS_BUDGET_NS = 6.0

private class Held {
    @Volatile
    var status: Int = 1
}

/** What is read goes into it, so that no compiler leaves a loop out. */
@Volatile
private var sink = 0L

private inline fun time(count: Int, body: () -> Int): Double {
    var sum = 0L
    val start = System.nanoTime()
    repeat(count) { sum += body() }
    val took = System.nanoTime() - start
    sink = sum
    return took.toDouble() / count
}

// Each loop is a function of its own, so that it is compiled for itself.
private fun status(manager: V2TIMManager) = time(READS) { manager.loginStatus }

private fun user(manager: V2TIMManager) = time(READS) { manager.loginUser.length }

private fun field(held: Held) = time(READS) { held.status }

private fun plainStatus(client: NativeClient) = time(CALLS) { client.stamp().status.ordinal }

private fun plainUser(client: NativeClient) = time(CALLS) { client.stamp().user?.length ?: 0 }

internal fun getters() {
    val manager = V2TIMManager.getInstance()
    val held = Held()
    NativeClient().use { client ->
        val (status, statusField, statusPlain) =
            medians(ROUNDS, { status(manager) }, { field(held) }, { plainStatus(client) })
        val beside = listOf(Anchor("plain UniFFI", statusPlain), Anchor("a volatile field", statusField))
        print("status getter, JVM", status, "ns", beside, STATUS_BUDGET_NS)
        val (user, userPlain) = medians(ROUNDS, { user(manager) }, { plainUser(client) })
        print("user-id getter, JVM", user, "ns", listOf(Anchor("plain UniFFI", userPlain)))
    }
}
