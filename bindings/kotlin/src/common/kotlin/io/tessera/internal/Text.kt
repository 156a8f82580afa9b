// Java's texts may hold half a character, a surrogate that stands alone. UTF-8 has no form for it, and generated code
// throws a checked exception that nobody has declared.

package io.tessera.internal

import io.tessera.uniffi.Setting

/**
 * The text with a `?` in place of each surrogate that stands alone: what goes to the library. No user id and no ticket
 * may have one, so it is refused as any other wrong text.
 */
internal fun String.wellFormed(): String = toByteArray().decodeToString()

/** In a setting a `?` may be right, so one that is no Unicode text is named as none that there is: init refuses it. */
internal fun setting(name: String, value: String): Setting =
    if (value.wellFormed() == value) {
        Setting(name.wellFormed(), value)
    } else {
        Setting("$name (its value is no Unicode text)".wellFormed(), "")
    }
