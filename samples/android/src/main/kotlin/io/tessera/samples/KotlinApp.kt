// An app in Kotlin with the Kotlin face: suspending calls, flows of events and of status, and a ticket provider. The
// gateway is named nowhere in the code: TESSERA_SERVER_URL says where it is, on Android <meta-data> of the manifest.

package io.tessera.samples

import io.tessera.Client
import io.tessera.ClientConfig
import io.tessera.ClientEvent
import io.tessera.LoginStatus
import io.tessera.TesseraException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout

private const val PATIENCE_MS = 30_000L

/** Arguments: the SDKAppID, a user, the user's ticket (UserSig), another user, and that one's ticket. */
public object KotlinApp {
    @JvmStatic
    public fun main(arguments: Array<String>): Unit = runBlocking {
        withTimeout(PATIENCE_MS) { run(arguments[0].toInt(), arguments[1], arguments[2], arguments[3], arguments[4]) }
        println("1 passed, 0 failed, 0 skipped")
    }

    private suspend fun run(app: Int, user: String, ticket: String, other: String, otherTicket: String) = runBlocking {
        val client = Client.shared
        // On Android: ClientConfig(context)
        client.init(app.toLong(), ClientConfig())
        val statuses = launch { client.state.collect { println("status: ${it.status}, user: ${it.user}") } }
        // Asked when four fifths of a ticket's life are over; an app asks its server.
        client.setTicketProvider { if (it == user) ticket else otherTicket }

        client.login(user, ticket)
        check(client.status == LoginStatus.LOGGED_IN && client.loginUser == user)
        client.login(other, otherTicket)
        check(client.loginUser == other)

        try {
            client.login(user, otherTicket)
            error("the ticket of somebody else was accepted")
        } catch (refused: TesseraException) {
            check(refused.error.code == 70013 && !refused.error.isRetryable) { refused.error }
        }

        client.login(user, ticket)
        val kicked = async(start = CoroutineStart.UNDISPATCHED) {
            client.events.filterIsInstance<ClientEvent.KickedOffline>().first()
        }
        withContext(Dispatchers.IO) { SecondDevice.login(app, user, ticket) }
        println("kicked: ${kicked.await().kick.reason}")
        check(client.status == LoginStatus.LOGGED_OUT && client.loginUser == null)

        client.login(user, ticket)
        client.logout()
        statuses.cancel()
        client.unInit()
    }
}
