// The public API as `javap` shows it, so that no change of it goes unseen.

package io.tessera

import java.io.File
import java.io.PrintWriter
import java.io.StringWriter
import java.util.spi.ToolProvider
import kotlin.test.assertEquals

object PublicApi {
    /** Compares with the committed file, or writes it, if TESSERA_WRITE_API is set. */
    fun check(file: File, vararg packages: String) {
        val dump = dump(packages.toList())
        if (System.getenv("TESSERA_WRITE_API") != null) return file.writeText(dump)
        assertEquals(file.readText(), dump, "the public API has changed: TESSERA_WRITE_API=1 writes ${file.name}")
    }

    private fun dump(packages: List<String>): String {
        val root = File(Client::class.java.protectionDomain.codeSource.location.toURI())
        val files = packages.flatMap { name ->
            root.resolve(name.replace('.', '/')).listFiles { file -> isPublicApi(file.name) }!!.toList()
        }
        val out = StringWriter()
        val arguments = arrayOf("-public") + files.map { it.path }
        ToolProvider.findFirst("javap").get().run(PrintWriter(out), PrintWriter(System.err), *arguments)
        return classes(out.toString().lines()).joinToString("\n") + "\n"
    }

    /** What generated code needs for itself has these names; what follows a `$1` or `$lambda` has none in the source. */
    private fun isPublicApi(name: String): Boolean = name.endsWith(".class") &&
        listOf("Ffi", "Uniffi", "RustBuffer", "ForeignBytes", "IntegrityChecking").none { name.startsWith(it) } &&
        !Regex("\\$(\\d|lambda|WhenMappings|sam)").containsMatchIn(name)

    /** Each class with its members sorted. Kotlin's `internal` members have the module's name behind a `$`. */
    private fun classes(lines: List<String>): List<String> {
        val classes = ArrayList<List<String>>()
        var members = ArrayList<String>()
        var head: String? = null
        for (line in lines.filterNot { it.startsWith("Compiled from") || it.isBlank() }) {
            when {
                line == "}" -> {
                    head?.let { classes.add(listOf(it) + members.sorted() + "}") }
                    head = null
                }
                !line.startsWith(" ") -> {
                    head = line.takeIf { it.startsWith("public ") }
                    members = ArrayList()
                }
                "\$tessera" !in line && "access\$" !in line -> members.add(line)
            }
        }
        // A Kotlin file without public functions has a class all the same.
        classes.removeAll { it.size == 2 && it.first().endsWith("Kt {") }
        return classes.sortedBy { it.first() }.map { it.joinToString("\n") }
    }
}
