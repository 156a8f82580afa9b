// The rows of the events. The event is the result of a call that the core refuses at once, so that no network is in it.

package io.tessera.bench

import io.tessera.Client
import io.tessera.ClientConfig
import java.util.concurrent.ArrayBlockingQueue
import java.util.concurrent.CountDownLatch
import kotlin.concurrent.thread
import io.tessera.uniffi.Client as NativeClient

private const val WARM_ROUNDS = 300
private const val ROUNDS = 25
private const val BATCH = 1_000

/** Of plain UniFFI, which takes long. */
private const val PLAIN_BATCH = 100
private const val SINGLE = 2_000
private const val AMORTISED_BUDGET_US = 1.0
private const val LATENCY_BUDGET_US = 50.0
private const val NS_PER_US = 1_000.0

internal fun events() {
    Client().use { client ->
        NativeClient().use { plain ->
            client.init(1, config())
            // As an app that has run for a while: compiled to the end.
            repeat(WARM_ROUNDS) { amortised(client) }
            repeat(WARM_ROUNDS) { plainAmortised(plain, BATCH, BATCH) }
            val (ours, one, all) = medians(
                ROUNDS,
                { amortised(client) },
                { plainAmortised(plain, PLAIN_BATCH, 1) },
                { plainAmortised(plain, BATCH, BATCH) },
            )
            val anchors = listOf("one event a call" to one, "all in one call" to all)
            val generated = anchors.map { (how, measured) -> Anchor("plain UniFFI, $how", measured) }
            print("event, amortised, JVM", ours, "us", generated, AMORTISED_BUDGET_US)
            val (single, plainSingle, bare) = medians(1, { latency(client) }, { plainLatency(plain) }, ::handOver)
            val beside = listOf(Anchor("plain UniFFI", plainSingle), Anchor("two threads of the JVM", bare))
            print("event, latency p50, JVM", single, "us", beside, LATENCY_BUDGET_US)
        }
    }
}

internal fun config(): ClientConfig = ClientConfig().apply {
    serverUrl = "ws://127.0.0.1:1"
    allowPlain = true
    connectAtInit = false
}

/** While a callback runs, events gather; from its return on, until the last is told. */
private fun amortised(client: Client): Double {
    val (entered, release, last) = List(3) { CountDownLatch(1) }
    client.login("", "") {
        entered.countDown()
        release.await()
    }
    entered.await()
    var told = 0
    repeat(BATCH) {
        client.login("", "") {
            told += 1
            if (told == BATCH) last.countDown()
        }
    }
    val start = System.nanoTime()
    release.countDown()
    last.await()
    return (System.nanoTime() - start) / NS_PER_US / BATCH
}

private fun plainAmortised(client: NativeClient, count: Int, each: Int): Double {
    repeat(count) { client.login("", "") }
    val start = System.nanoTime()
    repeat(count / each) { check(client.nextEvents(each.toUInt()).size == each) }
    return (System.nanoTime() - start) / NS_PER_US / count
}

private fun latency(client: Client): Double = p50 { told ->
    client.logout { told(System.nanoTime()) }
}

private fun plainLatency(client: NativeClient): Double {
    val times = ArrayBlockingQueue<Long>(1)
    val puller = thread(isDaemon = true) {
        while (client.nextEvents(1u).isNotEmpty()) times.put(System.nanoTime())
    }
    val measured = p50 { told ->
        client.logout()
        told(times.take())
    }
    client.closeEvents()
    puller.join()
    return measured
}

private fun handOver(): Double {
    val calls = ArrayBlockingQueue<(Long) -> Unit>(1)
    val other = thread(isDaemon = true) {
        repeat(2 * SINGLE) { calls.take()(System.nanoTime()) }
    }
    val measured = p50(calls::put)
    other.join()
    return measured
}

/** Half of the times from before `begin` to what it tells are less; each has a pause before, as single events do. */
private fun p50(begin: (told: (Long) -> Unit) -> Unit): Double {
    val measured = ArrayList<Double>()
    // The first half is for the compilers.
    repeat(2 * SINGLE) { n ->
        Thread.sleep(0, 200_000)
        val end = ArrayBlockingQueue<Long>(1)
        val start = System.nanoTime()
        begin(end::put)
        val took = (end.take() - start) / NS_PER_US
        if (n >= SINGLE) measured += took
    }
    return median(measured)
}
