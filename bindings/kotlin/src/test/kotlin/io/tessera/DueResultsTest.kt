// Each call has one result, wherever closing and a fault come in (C9, C18).

package io.tessera

import io.tessera.internal.DueResults
import io.tessera.uniffi.Stamp
import io.tessera.uniffi.Started
import org.junit.jupiter.api.Test
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicReference
import kotlin.concurrent.thread
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull
import kotlin.test.assertSame
import io.tessera.uniffi.LoginStatus as NativeStatus

class DueResultsTest {
    private val results = DueResults()
    private val first = ResultListener {}
    private val second = ResultListener {}

    private fun started(call: Int) = Started(call.toULong(), Stamp(1u, NativeStatus.LOGGED_OUT, null))

    @Test
    fun `a result finds its listener before and after the call has told its number`() {
        results.call(first) { started(1).also { assertSame(first, results.take(1u)) } }
        results.call(second) { started(2) }
        assertNull(results.take(1u))
        assertSame(second, results.take(2u))
        assertNull(results.take(2u))
    }

    @Test
    fun `closing finds each once`() {
        results.call(first) { started(1) }
        results.call(second) { started(2).also { assertEquals(listOf(first, second), results.close()) } }
        assertEquals(emptyList(), results.close())
        assertFailsWith<IllegalStateException> { results.call(first) { started(3) } }
    }

    @Test
    fun `closing while calls tell their numbers finds each once`() {
        // Luck decides at which moment of a call, so there are many.
        repeat(2_000) {
            val due = DueResults()
            val made = AtomicInteger()
            val caller = thread {
                while (runCatching { due.call(first) { started(made.get()) } }.isSuccess) made.incrementAndGet()
            }
            while (made.get() == 0) Thread.onSpinWait()
            val left = due.close()
            caller.join()
            assertEquals(made.get(), left.size)
        }
    }

    @Test
    fun `a call that throws has its result or its exception`() {
        val thrown = IllegalStateException("destroyed")
        assertSame(thrown, assertFailsWith<IllegalStateException> { results.call(first) { throw thrown } })
        assertEquals(emptyList(), results.close())
        val due = DueResults()
        assertNull(due.call(second) {
            assertEquals(listOf(second), due.close())
            throw thrown
        })
    }

    @Test
    fun `a number that got lost is not looked for in the call after it`() {
        assertFailsWith<IllegalStateException> { results.call(first) { throw IllegalStateException("behind number 1") } }
        val taken = AtomicReference(second)
        val taker = thread(start = false) { taken.set(results.take(1u)) }
        results.call(second) {
            taker.start()
            while (taker.state !in listOf(Thread.State.BLOCKED, Thread.State.TERMINATED)) Thread.sleep(1)
            started(2)
        }
        taker.join()
        assertNull(taken.get())
        assertSame(second, results.take(2u))
    }
}
