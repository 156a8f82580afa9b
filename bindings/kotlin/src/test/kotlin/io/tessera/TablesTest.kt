// The generated tables of this language against those of the library: count, names, numbers.

package io.tessera

import io.tessera.internal.EVENTS_WAITING_MAX
import io.tessera.internal.UNIFFI_ABI_VERSION
import io.tessera.internal.convert
import io.tessera.uniffi.abiVersion
import io.tessera.uniffi.errorCodes
import io.tessera.uniffi.loginStatuses
import io.tessera.uniffi.sdkVersion
import io.tessera.uniffi.settingRows
import io.tessera.v2tim.BaseConstants
import io.tessera.v2tim.V2TIMManager
import io.tessera.v2tim.V2TIMSDKConfig
import org.junit.jupiter.api.Test
import java.lang.reflect.Modifier
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import io.tessera.uniffi.LogLevel as NativeLogLevel
import io.tessera.uniffi.LoginStatus as NativeLoginStatus

class TablesTest {
    private fun constants(of: Class<*>): Map<String, Int> = of.fields
        .filter { Modifier.isStatic(it.modifiers) && it.type == Int::class.javaPrimitiveType }
        .associate { it.name to it.getInt(null) }

    @Test
    fun `error codes`() {
        assertEquals(errorCodes().associate { it.name to it.code }, constants(BaseConstants::class.java))
    }

    @Test
    fun `login statuses are Android's`() {
        // C2
        val rows = loginStatuses("android")
        assertEquals(NativeLoginStatus.values().toList(), rows.map { it.status })
        assertEquals(rows.map { it.number }, rows.map { it.status.convert().number })
        assertEquals(rows.associate { it.name to it.number }, constants(V2TIMManager::class.java))
        assertEquals(LoginStatus.values().size, rows.size)
    }

    @Test
    fun `log levels`() {
        val names = constants(V2TIMSDKConfig::class.java)
        assertEquals(NativeLogLevel.values().size, names.size)
        for (level in NativeLogLevel.values()) {
            assertEquals(names["V2TIM_LOG_${level.name}"], level.convert().number)
        }
    }

    @Test
    fun `every setting is a property that sets its row`() {
        // C23
        for (row in settingRows()) {
            val config = ClientConfig()
            val name = row.property.replaceFirstChar { it.uppercase() }
            val setter = ClientConfig::class.java.methods.single { it.name == "set$name" }
            setter.invoke(config, exampleOf(setter.parameterTypes.single()))
            assertEquals(listOf(row.name), config.toList().map { it.name }, row.property)
            val getter = ClientConfig::class.java.methods.single { it.name == "get$name" }
            assertEquals(exampleOf(setter.parameterTypes.single()), getter.invoke(config))
        }
    }

    private fun exampleOf(type: Class<*>): Any = when (type) {
        String::class.java -> "text"
        java.lang.Boolean::class.java -> true
        java.lang.Long::class.java -> 42L
        Platform::class.java -> Platform.IPAD
        LogLevel::class.java -> LogLevel.WARN
        else -> error("a kind of setting that this test does not know: $type")
    }

    @Test
    fun versions() {
        assertEquals(UNIFFI_ABI_VERSION, abiVersion())
        assertEquals(sdkVersion(), Client.version)
        assertEquals("1024", settingRows().single { it.name == "events_waiting_max" }.defaultValue)
        assertTrue(settingRows().any { it.defaultValue == EVENTS_WAITING_MAX.toString() })
    }
}
