// A second device in the same process, for the kick that the other samples show: every further `Client` is one.

package io.tessera.samples

import io.tessera.Client
import io.tessera.ClientConfig

internal object SecondDevice {
    /** Logs in, which kicks a session of the same user on the same platform, and out again. */
    @JvmStatic
    fun login(app: Int, user: String, ticket: String) = Client().use { client ->
        client.init(app.toLong(), ClientConfig())
        client.loginBlocking(user, ticket)
        client.logoutBlocking()
    }
}
