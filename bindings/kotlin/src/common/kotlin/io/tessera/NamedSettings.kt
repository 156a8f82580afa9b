// What the code of an app sets, by name. The properties over it are generated (`Settings.kt`); what a value may be is
// checked at init, by the table.

package io.tessera

import io.tessera.internal.setting
import io.tessera.uniffi.Setting

/** Settings by name, as text. */
public abstract class NamedSettings internal constructor() {
    private val values = LinkedHashMap<String, String>()

    /**
     * Sets any setting of `docs/settings.md` by its name, for example `login_timeout_ms`. A name that no setting has
     * makes init fail.
     */
    public fun set(name: String, value: String) {
        values[name] = value
    }

    /** Takes over what [other] sets. */
    public fun setAll(other: NamedSettings) {
        values.putAll(other.values)
    }

    internal fun toList(): List<Setting> = values.map { (name, value) -> setting(name, value) }

    internal fun get(name: String): String? = values[name]

    internal fun put(name: String, value: String?) {
        if (value == null) values.remove(name) else values[name] = value
    }

    internal fun number(name: String): Long? = values[name]?.toLongOrNull()

    internal fun flag(name: String): Boolean? = when (values[name]) {
        "true", "1" -> true
        "false", "0" -> false
        else -> null
    }

    internal fun platform(name: String): Platform? = values[name]?.let { text ->
        Platform.values().firstOrNull { it.text == text }
    }
}
