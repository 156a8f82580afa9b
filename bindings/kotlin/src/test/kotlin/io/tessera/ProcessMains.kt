// Programs that `ProcessTest` runs in JVMs of their own.

package io.tessera

import com.sun.jna.Native
import com.sun.jna.NativeLong
import com.sun.jna.Structure
import java.io.File
import kotlin.system.exitProcess

private fun config(url: String) = ClientConfig().apply {
    serverUrl = url
    allowPlain = true
    reconnectDelayMinMs = 10
}

/** Ends in the way that it is told, while logins wait for a gateway that says nothing. */
object ExitMain {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (url, way) = arguments
        val clients = listOf(Client.shared, Client())
        for (client in clients) {
            client.init(1_400_000_001, config(url))
            client.login("alice", "ticket") {}
        }
        when (way) {
            "exit" -> exitProcess(0)
            "halt" -> Runtime.getRuntime().halt(0)
            "callback" -> {
                clients[0].login("", "") { exitProcess(0) }
                Thread.sleep(60_000)
                Runtime.getRuntime().halt(1)
            }
        }
    }
}

/** Logs in and out again and again, and says what memory has grown by since it was warm. */
object CyclesMain {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (url, ticket) = arguments
        val (warm, cycles) = arguments.drop(2).map { it.toInt() }
        val client = Client.shared
        val listener = object : ClientListener {}
        fun cycle() {
            client.init(1_400_000_001, config(url))
            client.addListener(listener)
            client.loginBlocking("alice", ticket)
            check(client.loginUser == "alice")
            client.logoutBlocking()
            client.unInit()
        }
        // Until compilers and pools have what they want.
        repeat(warm) { cycle() }
        val before = residentKib()
        repeat(cycles) { cycle() }
        println("$cycles cycles, from $before KiB grown ${residentKib() - before} KiB")
    }

    private fun residentKib(): Long {
        System.gc()
        val line = File("/proc/self/status").readLines().first { it.startsWith("RssAnon:") }
        return line.filter { it.isDigit() }.toLong()
    }
}

/** Calls functions of the C library through JNA as generated code does, with structures by value and by reference. */
object FloorMain {
    @Structure.FieldOrder("quot", "rem")
    open class Quotient : Structure() {
        @JvmField
        var quot: NativeLong = NativeLong(0)

        @JvmField
        var rem: NativeLong = NativeLong(0)

        class ByValue : Quotient(), Structure.ByValue
    }

    private object C {
        init {
            Native.register(C::class.java, "c")
        }

        external fun ldiv(numerator: NativeLong, denominator: NativeLong): Quotient.ByValue

        external fun gettimeofday(time: Quotient, zone: Quotient?): Int

        external fun getpid(): Int
    }

    @JvmStatic
    fun main(arguments: Array<String>) {
        check(C.ldiv(NativeLong(7), NativeLong(2)).rem.toLong() == 1L)
        check(C.gettimeofday(Quotient(), null) == 0 && C.getpid() > 0)
    }
}
