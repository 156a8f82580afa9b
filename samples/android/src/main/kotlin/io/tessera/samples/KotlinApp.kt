// An app in Kotlin with the Kotlin face: suspending calls, flows of events and of status, and a ticket provider. It plays
// the story of the Java app, and is run beside `tessera-with-gateway` too. The gateway is named nowhere in the code:
// TESSERA_SERVER_URL says where it is, on Android <meta-data> of the manifest.

package io.tessera.samples

import io.tessera.Client
import io.tessera.ClientConfig
import io.tessera.ClientEvent
import io.tessera.LoginStatus
import io.tessera.TesseraException
import io.tessera.v2tim.BaseConstants
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout

private const val PATIENCE_MS = 30_000L

/** Its argument is the SDKAppID. */
public object KotlinApp {
    private val client = Client.shared

    @JvmStatic
    public fun main(arguments: Array<String>): Unit = runBlocking {
        withTimeout(PATIENCE_MS) { run(arguments[0].toInt()) }
        println("1 passed, 0 failed, 0 skipped")
    }

    private suspend fun run(app: Int) = coroutineScope {
        val statuses = launch { client.state.collect { println("status: ${it.status}, user: ${it.user}") } }
        val events = Channel<ClientEvent>(Channel.UNLIMITED)
        // The flow has what happens from now on, and init connects: so this comes before it.
        val collecting = launch(start = CoroutineStart.UNDISPATCHED) { client.events.collect(events::send) }
        // On Android: ClientConfig(context)
        client.init(app.toLong(), ClientConfig())
        // Asked when four fifths of a ticket's life are over.
        client.setTicketProvider(::ticketOf)

        login("alice")
        check(client.status == LoginStatus.LOGGED_IN && client.loginUser == "alice")
        events.next<ClientEvent.ConnectSuccess>()

        // Without the network the app does nothing: the SDK goes online again by itself.
        withContext(Dispatchers.IO) { World.loseTheGateway() }
        events.next<ClientEvent.ConnectSuccess>()
        check(client.loginUser == "alice")

        // A login of somebody else switches the account; no logout comes before it.
        login("bob")
        check(client.loginUser == "bob")

        // A ticket that has expired before the login is told by the code, and a new one helps.
        login("carol", World.oldUserSig("carol"))
        check(client.loginUser == "carol")

        // One that expires during the session is an event.
        withContext(Dispatchers.IO) { World.expire("carol") }
        events.next<ClientEvent.UserSigExpired>()
        check(client.status == LoginStatus.LOGGED_OUT)
        login("carol")

        // Kicked: the user decides.
        withContext(Dispatchers.IO) { SecondDevice.login(app, "carol", World.userSig("carol")) }
        println("kicked: ${events.next<ClientEvent.KickedOffline>().kick.reason}")
        check(client.status == LoginStatus.LOGGED_OUT && client.loginUser == null)

        try {
            login("dave", World.userSig("carol"))
            error("the ticket of somebody else was accepted")
        } catch (refused: TesseraException) {
            check(refused.error.code == 70013 && !refused.error.isRetryable) { refused.error }
        }

        login("dave")
        client.logout()
        client.unInit()
        // unInit has ended the flow of events.
        collecting.join()
        statuses.cancel()
    }

    /** Of all codes two say that the ticket has expired: with any other the app does not try again by itself. */
    private suspend fun login(user: String, ticket: String? = null) {
        try {
            client.login(user, ticket ?: ticketOf(user))
        } catch (refused: TesseraException) {
            val hasExpired = refused.error.code == BaseConstants.ERR_USER_SIG_EXPIRED ||
                refused.error.code == BaseConstants.ERR_SVR_ACCOUNT_USERSIG_EXPIRED
            if (!hasExpired) throw refused
            println("ticket refused")
            client.login(user, ticketOf(user))
        }
    }

    /** An app asks its server. */
    private suspend fun ticketOf(user: String): String = withContext(Dispatchers.IO) { World.userSig(user) }

    /** Passes over others until such an event comes. */
    private suspend inline fun <reified E : ClientEvent> ReceiveChannel<ClientEvent>.next(): E {
        while (true) (receive() as? E)?.let { return it }
    }
}
