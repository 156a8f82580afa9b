// What only a JVM of its own can show: its exit, JNI's own checks, and memory over many cycles. Big counts are whole with
// TESSERA_FULL.

package io.tessera

import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Test
import java.io.File
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import kotlin.test.assertEquals
import kotlin.test.assertTrue

class ProcessTest {
    private val gateway = TestGateway()
    private val isFull = System.getenv("TESSERA_FULL") != null

    @AfterEach
    fun end() = gateway.close()

    private fun start(flags: List<String>, main: String, vararg arguments: String): Process {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val library = "-Djna.library.path=" + System.getProperty("jna.library.path")
        val classes = listOf("-XX:-UsePerfData", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"))
        val command = listOf(java, library) + classes + flags + main + arguments
        return ProcessBuilder(command).redirectErrorStream(true).start()
    }

    /** Its output, once it has ended by itself with success. Its time begins here. */
    private fun Process.output(withinS: Long): String {
        // It does not end before the process does.
        val text = CompletableFuture.supplyAsync { inputStream.bufferedReader().readText() }
        val ended = waitFor(withinS, TimeUnit.SECONDS)
        if (!ended) destroyForcibly()
        assertTrue(ended, "it did not end within $withinS s: ${text.get()}")
        assertEquals(0, exitValue(), text.get())
        return text.get()
    }

    @Test
    fun `a JVM exits with logins in flight, without unInit`() {
        val url = gateway.url("line")
        gateway.fault("line", "stall")
        val count = if (isFull) 1000 else 10
        val ways = listOf("return", "exit", "halt", "callback")
        repeat(count) { n ->
            start(listOf("-XX:TieredStopAtLevel=1"), "io.tessera.ExitMain", url, ways[n % ways.size]).output(120)
        }
    }

    /** JNA itself is not clean, so what counts is that nothing else is said than about a program that only uses JNA. */
    @Test
    fun `JNI's own checks find nothing that JNA alone has not`() {
        val flags = listOf("-Xcheck:jni")
        val ours = start(flags, "io.tessera.CyclesMain", gateway.url("line"), gateway.sign("alice"), "0", "50").output(300)
        val floor = start(flags, "io.tessera.FloorMain").output(300)
        assertTrue("grown" in ours, ours.takeLast(500))
        assertEquals(emptySet<String>(), complaints(ours) - complaints(floor))
    }

    /** From the word on: threads write at the same time, and a stack's line may end where a warning begins. */
    private fun complaints(text: String): Set<String> =
        Regex("(WARNING|FATAL|ERROR).*").findAll(text).map { it.value.replace(Regex("\\d+"), "N") }.toSet()

    @Test
    fun `memory is flat over login and logout cycles`() {
        val cycles = if (isFull) 100_000 else 2_000
        val ticket = gateway.sign("alice", 86_400)
        // All of the heap from the beginning, and the compiler that is done soonest: what grows then is memory of ours.
        val flags = listOf("-Xms32m", "-Xmx32m", "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1")
        val arguments = arrayOf(gateway.url("line"), ticket, "3000", "$cycles")
        val text = start(flags, "io.tessera.CyclesMain", *arguments).output(3_600)
        println(text.trim())
        val grown = Regex("grown (-?\\d+) KiB").find(text)!!.groupValues[1].toLong()
        // An allocator keeps some of what it once had.
        assertTrue(grown < 8_192, text)
    }
}
