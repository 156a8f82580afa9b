// The test gateway, as a program beside the test (`testkit/src/orders.rs`), and what tests wait with.

package io.tessera

import java.io.BufferedReader
import java.util.concurrent.BlockingQueue
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.test.fail

/** Ends a wait that would go on for ever. */
const val PATIENCE_S = 30L

class TestGateway : AutoCloseable {
    private val process = ProcessBuilder(System.getProperty("tessera.gateway"))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start()
    private val input = process.outputStream.bufferedWriter()
    private val output: BufferedReader = process.inputStream.bufferedReader()

    val app: Long = answer().toLong()

    /** The URL of a client's own network. */
    fun url(client: String): String = ask("url $client")

    fun sign(user: String, secs: Long = 3600): String = ask("sign $user $secs")

    fun kick(user: String): Long = ask("kick $user").toLong()

    fun expire(user: String) = ask("expire $user")

    fun fault(client: String, fault: String) = ask("fault $client $fault")

    /** Moves the gateway's clock on. */
    fun moveClock(ms: Long) = ask("clock $ms")

    /** When the ticket of a user's session ends. */
    fun expires(user: String): Long = ask("expires $user").toLong()

    fun logins(): Long = ask("logins").toLong()

    fun awaitSessions(user: String, count: Int) = ask("sessions $user $count")

    @Synchronized
    fun ask(command: String): String {
        input.write(command + "\n")
        input.flush()
        return answer()
    }

    private fun answer(): String {
        val line = output.readLine() ?: fail("the test gateway has ended")
        return line.removePrefix("ok").takeIf { it != line }?.trim() ?: fail(line)
    }

    override fun close() {
        input.close()
        process.waitFor()
    }

    /** Settings for a client of this gateway, with short delays. */
    fun configure(settings: Settings, client: String) {
        settings.serverUrl = url(client)
        settings.allowPlain = true
        settings.reconnectDelayMinMs = 10
        settings.reconnectDelayMaxMs = 50
    }
}

/** What callbacks have said, in order. */
class Heard {
    private val lines: BlockingQueue<String> = LinkedBlockingQueue()

    fun say(line: String) {
        lines.add(line)
    }

    fun next(): String = lines.poll(PATIENCE_S, TimeUnit.SECONDS) ?: fail("nothing came within $PATIENCE_S s")

    /** What has been said, without waiting for it. */
    fun poll(): String? = lines.poll()

    /** Passes over others until it comes. */
    fun await(line: String) {
        while (next() != line) {
            // What else is said is not what the test is about.
        }
    }

    fun isEmpty(): Boolean = lines.isEmpty()

    /** As a result of a call, which says `call` or `call: code`. */
    fun result(call: String): ResultListener =
        ResultListener { error -> say(if (error == null) call else "$call: ${error.code}") }
}

/** A listener that says what it is called with. */
class SayingListener(private val heard: Heard, private val name: String = "") : ClientListener {
    override fun onConnecting() = heard.say("${name}connecting")

    override fun onConnectSuccess() = heard.say("${name}connected")

    override fun onConnectFailed(error: TesseraError) = heard.say("${name}failed")

    override fun onKickedOffline(kick: Kick) = heard.say("${name}kicked: ${kick.reason}")

    override fun onUserSigExpired() = heard.say("${name}expired")
}
