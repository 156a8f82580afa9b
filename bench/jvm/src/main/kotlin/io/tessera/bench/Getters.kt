// The rows of the getters: the manager's, a field, and what the same costs by the generated code alone.

package io.tessera.bench

import io.tessera.uniffi.EventKind
import io.tessera.v2tim.V2TIMManager
import io.tessera.v2tim.V2TIMSDKConfig
import io.tessera.uniffi.Client as NativeClient

private const val ROUNDS = 9
private const val READS = 20_000_000
private const val CALLS = 20_000
private const val STATUS_BUDGET_NS = 6.0

/** Two, because the second session of one would end the first. */
private const val USER = "alice"
private const val OTHER = "bob"

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

/** With somebody logged in, whose name is read. */
internal fun getters(app: Int, ticket: String, otherTicket: String) {
    val manager = V2TIMManager.getInstance()
    check(manager.initSDK(app, V2TIMSDKConfig())) { "${manager.lastError}" }
    manager.client().loginBlocking(USER, ticket)
    check(manager.loginUser == USER)
    val held = Held()
    NativeClient().use { client ->
        login(client, app, otherTicket)
        val (status, statusField, statusPlain) =
            medians(ROUNDS, { status(manager) }, { field(held) }, { plainStatus(client) })
        val beside = listOf(Anchor("plain UniFFI", statusPlain), Anchor("a volatile field", statusField))
        print("status getter, JVM", status, "ns", beside, STATUS_BUDGET_NS)
        val (user, userPlain) = medians(ROUNDS, { user(manager) }, { plainUser(client) })
        print("user-id getter, JVM", user, "ns", listOf(Anchor("plain UniFFI", userPlain)))
    }
    manager.unInitSDK()
}

private fun login(client: NativeClient, app: Int, ticket: String) {
    client.`init`(app.toULong(), emptyList(), emptyList())
    client.login(OTHER, ticket)
    while (client.nextEvents(1u).none { it.kind is EventKind.Completed }) {
        // Events of the connection come first.
    }
    check(client.stamp().user == OTHER)
}
