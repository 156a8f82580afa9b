// The row of the start: what loading the library and the first init take in a new JVM, which itself is not counted.

package io.tessera.bench

import com.sun.jna.Native
import com.sun.jna.NativeLong
import com.sun.jna.Structure
import io.tessera.Client
import java.io.File
import io.tessera.uniffi.Client as NativeClient
import io.tessera.uniffi.Setting

private const val ROUNDS = 9
private const val NS_PER_MS = 1_000_000.0

internal fun start() {
    val (ours, plain, floor) = medians(ROUNDS, { inNewJvm("ours") }, { inNewJvm("plain") }, { inNewJvm("floor") })
    val beside = listOf(Anchor("plain UniFFI", plain), Anchor("JNA's own floor", floor))
    print("load plus init, JVM", ours, "ms", beside)
}

private fun inNewJvm(what: String): Double {
    val java = File(System.getProperty("java.home"), "bin/java").path
    val library = "-Djna.library.path=" + System.getProperty("jna.library.path")
    val command = listOf(java, library, "-cp", System.getProperty("java.class.path"), Main::class.java.name, what)
    val child = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    val text = child.inputStream.bufferedReader().readText()
    check(child.waitFor() == 0) { "the JVM for $what failed" }
    return text.trim().toDouble()
}

/** What the new JVM does: prints the milliseconds. */
internal fun startUp(what: String) {
    val start = System.nanoTime()
    when (what) {
        "ours" -> Client.shared.init(1, config())
        "plain" -> {
            val settings = mapOf("server_url" to "ws://127.0.0.1:1", "allow_plain" to "1", "connect_at_init" to "0")
            NativeClient.shared().`init`(1u, settings.map { (name, value) -> Setting(name, value) }, emptyList())
        }
        "floor" -> check(C.ldiv(NativeLong(7), NativeLong(2)).rem.toLong() == 1L)
        else -> error("there is no start of $what")
    }
    println((System.nanoTime() - start) / NS_PER_MS)
}

/** Functions of the C library, with a structure as generated code has them. */
private object C {
    init {
        Native.register(C::class.java, "c")
    }

    external fun ldiv(numerator: NativeLong, denominator: NativeLong): Quotient.ByValue
}

/** What `ldiv` returns. */
@Structure.FieldOrder("quot", "rem")
public open class Quotient : Structure() {
    @JvmField
    public var quot: NativeLong = NativeLong(0)

    @JvmField
    public var rem: NativeLong = NativeLong(0)

    /** As a result. */
    public class ByValue : Quotient(), Structure.ByValue
}
