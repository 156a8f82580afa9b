// The public API of the JVM artefact, and of the generated layer under it.

package io.tessera

import org.junit.jupiter.api.Test
import java.io.File

class PublicApiTest {
    private fun file(name: String) = File(System.getProperty("tessera.api"), name)

    @Test
    fun `Kotlin face and V2TIM names`() = PublicApi.check(file("jvm.txt"), "io.tessera", "io.tessera.v2tim")

    @Test
    fun `generated layer`() = PublicApi.check(file("uniffi.txt"), "io.tessera.uniffi")
}
