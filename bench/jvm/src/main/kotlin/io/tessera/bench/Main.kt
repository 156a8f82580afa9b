// The JVM's rows of the bench table (docs/benchmarks.md): prints one as a line of JSON each.

package io.tessera.bench

/** With an app and tickets of alice and bob all rows; with one argument, what a JVM of its own does for the start. */
public object Main {
    @JvmStatic
    public fun main(arguments: Array<String>) {
        if (arguments.size == 1) {
            startUp(arguments[0])
            return
        }
        val (app, ticket, otherTicket) = arguments
        getters(app.toInt(), ticket, otherTicket)
        events()
        start()
    }
}

internal class Anchor(val what: String, val measured: Double)

internal fun print(name: String, measured: Double, unit: String, anchors: List<Anchor>, budget: Double? = null) {
    val beside = anchors.joinToString(", ") { """{"what": "${it.what}", "measured": ${it.measured}}""" }
    val limit = if (budget == null) "" else """, "budget": $budget"""
    println("""{"name": "$name", "measured": $measured, "unit": "$unit", "anchors": [$beside]$limit}""")
}

internal fun median(numbers: List<Double>): Double = numbers.sorted()[numbers.size / 2]

/** The medians of what several measurements give, in rounds in which each has its turn. */
internal fun medians(rounds: Int, vararg measurements: () -> Double): List<Double> {
    val measured = List(rounds) { measurements.map { it() } }
    return measurements.indices.map { n -> median(measured.map { it[n] }) }
}
