// What the host gives to a client to be called: listeners, results, log records.

package io.tessera

/**
 * The events of one client. Callbacks of one client run one at a time, in order, on its delivery context (Android: the
 * main looper; JVM: a thread of the SDK), never inside the call that caused them. They may call the client; a *blocking*
 * call in one fails with 7014. What they throw is reported to the log and hurts nobody else.
 */
public interface ClientListener {
    /** The connection is being made, at first or again. */
    public fun onConnecting() {}

    /** The connection is there. */
    public fun onConnectSuccess() {}

    /** A try to connect has failed; the next follows by itself. */
    public fun onConnectFailed(error: TesseraError) {}

    /** The connection has dropped. V2TIM has this event in its C API alone. */
    public fun onDisconnected(error: TesseraError) {}

    /** Somebody else ended the session: the user is logged out, and the client does not log in again by itself. */
    public fun onKickedOffline(kick: Kick) {}

    /** The ticket has expired: the user is logged out. Get a new ticket and log in. */
    public fun onUserSigExpired() {}
}

/** Told the result of a call, once. */
public fun interface ResultListener {
    /** `null` if the call has succeeded, else why it failed. */
    public fun onResult(error: TesseraError?)
}

/** Told what the SDK logs, in the delivery context. */
public fun interface LogListener {
    /** One line, without tickets and keys. */
    public fun onLog(level: LogLevel, text: String)
}

/** Gives new tickets, for Java; Kotlin has a suspending lambda. */
public fun interface TicketProvider {
    /**
     * A ticket for this user, asked for before the one in use expires. It may block: it is called on a thread of its
     * own. What it throws ends no session; the provider is asked again later. So it is after `null`.
     */
    @Throws(Exception::class)
    public fun ticketFor(userId: String): String
}
