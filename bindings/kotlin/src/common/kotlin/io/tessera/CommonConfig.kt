// What `ClientConfig` has on a JVM and on Android alike; its constructor differs.

package io.tessera

/** Every setting, and who is told what is logged. */
public abstract class CommonConfig internal constructor() : Settings() {
    /** Lowest level of what is logged; `null` if it is not set here. Default [LogLevel.DEBUG]. */
    public var logLevel: LogLevel?
        get() = get(LOG_LEVEL)?.let { text -> LogLevel.values().firstOrNull { it.number.toString() == text } }
        set(value) = put(LOG_LEVEL, value?.number?.toString())

    /** Who is told what is logged; `null` for nobody. The log is the process's: of several clients the last gets it. */
    public var logListener: LogListener? = null

    private companion object {
        const val LOG_LEVEL = "log_level"
    }
}
