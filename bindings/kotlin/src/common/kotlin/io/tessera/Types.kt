// What the Kotlin face speaks of: state, errors, kicks and events. The numbers are in generated files.

package io.tessera

/** Who is logged in. */
public class ClientState internal constructor(
    /** The login status. */
    public val status: LoginStatus,
    /** The user, while logged in; else `null`. */
    public val user: String?,
    internal val epoch: ULong,
) {
    override fun equals(other: Any?): Boolean =
        other is ClientState && other.status == status && other.user == user && other.epoch == epoch

    override fun hashCode(): Int = epoch.hashCode()

    override fun toString(): String = "ClientState(status=$status, user=$user)"
}

/** What an error is about, coarse and stable. */
public enum class ErrorKind {
    /** No error. */
    SUCCESS,

    /** A parameter of the call is wrong; the same call will fail again. */
    ARGUMENT,

    /** The call does not fit the state that the client is in. */
    STATE,

    /** The gateway was not reached or did not answer. */
    NETWORK,

    /** The ticket was refused. */
    TICKET,

    /** The account or the app is unknown or disabled. */
    ACCOUNT,

    /** The session was ended by somebody else. */
    KICKED,

    /** A limit was met. */
    LIMIT,

    /** A fault of the gateway or of this library. */
    INTERNAL,
}

/** Why a call or a session failed. */
public class TesseraError internal constructor(
    /** What it is about. */
    public val kind: ErrorKind,
    /** The number of `docs/error-codes.md`. */
    public val code: Int,
    /** A sentence for a person, without tickets. */
    public val desc: String,
    /** Whether the same call can succeed later without a change. */
    public val isRetryable: Boolean,
    /** When to try again at the earliest, in milliseconds from now; `null` if the gateway did not say. */
    public val retryAfterMs: Long?,
) {
    override fun toString(): String = "$code: $desc"
}

/** A [TesseraError] as an exception. */
public class TesseraException(
    /** Why. */
    public val error: TesseraError,
) : Exception(error.toString())

/** Why a session was kicked. */
public enum class KickReason {
    /** A newer login took its place. */
    POLICY,

    /** An operator kicked the user. */
    ADMIN,

    /** The ticket was revoked, found out at a resume. */
    REVOKED,

    /** The account is disabled. */
    DISABLED,

    /** The ticket was refused at a resume; the code says why. */
    TICKET_REFUSED,

    /** A reason that a newer gateway knows. */
    OTHER,
}

/** Why somebody else ended the session. */
public class Kick internal constructor(
    /** Why. */
    public val reason: KickReason,
    /** The platform of the device that took the place, for a kick by policy; else `null`. */
    public val platform: Platform?,
    /** When, in gateway time as Unix milliseconds. */
    public val atMs: Long,
    /** The gateway's code, where the ticket was refused at a resume; else `null`. */
    public val code: Int?,
) {
    override fun toString(): String = "Kick(reason=$reason, platform=$platform, code=$code)"
}

/** What happened to the connection or the session. */
public sealed class ClientEvent {
    /** The connection is being made, at first or again. */
    public object Connecting : ClientEvent()

    /** The connection is there. */
    public object ConnectSuccess : ClientEvent()

    /** A try to connect has failed; the next follows by itself. */
    public class ConnectFailed internal constructor(
        /** Why. */
        public val error: TesseraError,
    ) : ClientEvent()

    /** The connection has dropped. */
    public class Disconnected internal constructor(
        /** Why. */
        public val error: TesseraError,
    ) : ClientEvent()

    /** Somebody else ended the session: nobody is logged in. */
    public class KickedOffline internal constructor(
        /** Who, and why. */
        public val kick: Kick,
    ) : ClientEvent()

    /** The ticket has expired: nobody is logged in. Get a new ticket and log in. */
    public object UserSigExpired : ClientEvent()

    internal val isConnectEvent: Boolean
        get() = when (this) {
            Connecting, ConnectSuccess, is ConnectFailed, is Disconnected -> true
            is KickedOffline, UserSigExpired -> false
        }
}
