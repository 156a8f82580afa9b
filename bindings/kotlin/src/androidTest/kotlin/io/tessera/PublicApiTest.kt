// The public API of the Android artefact.

package io.tessera

import org.junit.Test
import java.io.File

class PublicApiTest {
    @Test
    fun `Kotlin face and V2TIM names`() =
        PublicApi.check(File(System.getProperty("tessera.api"), "android.txt"), "io.tessera", "io.tessera.v2tim")
}
