// What the Swift face speaks of: state, errors, kicks and events. The numbers are in generated files.

/// Who is logged in.
public struct ClientState: Sendable, Equatable {
    /// The login status.
    public let status: LoginStatus
    /// The user, while logged in; else `nil`.
    public let user: String?

    /// Of two states the one with the higher epoch is newer.
    let epoch: UInt64
}

/// What an error is about, coarse and stable.
public enum ErrorKind: Sendable {
    /// No error.
    case success
    /// A parameter of the call is wrong; the same call will fail again.
    case argument
    /// The call does not fit the state that the client is in.
    case state
    /// The gateway was not reached or did not answer.
    case network
    /// The ticket was refused.
    case ticket
    /// The account or the app is unknown or disabled.
    case account
    /// The session was ended by somebody else.
    case kicked
    /// A limit was met.
    case limit
    /// A fault of the gateway or of this library.
    case `internal`
}

/// Why a call or a session failed.
public struct TesseraError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What it is about.
    public let kind: ErrorKind
    /// The number of `docs/error-codes.md`.
    public let code: Int32
    /// A sentence for a person, without tickets.
    public let desc: String
    /// Whether the same call can succeed later without a change.
    public let isRetryable: Bool
    /// When to try again at the earliest, in milliseconds from now; `nil` if the gateway did not say.
    public let retryAfterMs: UInt64?

    /// Code and sentence.
    public var description: String { "\(code): \(desc)" }
}

/// Why a session was kicked.
public enum KickReason: Sendable {
    /// A newer login took its place.
    case policy
    /// An operator kicked the user.
    case admin
    /// The ticket was revoked, found out at a resume.
    case revoked
    /// The account is disabled.
    case disabled
    /// The ticket was refused at a resume; the code says why.
    case ticketRefused
    /// A reason that a newer gateway knows.
    case other
}

/// Why somebody else ended the session.
public struct Kick: Sendable, Equatable {
    /// Why.
    public let reason: KickReason
    /// The platform of the device that took the place, for a kick by policy; else `nil`.
    public let platform: Platform?
    /// When, in gateway time as Unix milliseconds.
    public let atMs: UInt64
    /// The gateway's code, where the ticket was refused at a resume; else `nil`.
    public let code: Int32?
}

/// What happened to the connection or the session.
public enum ClientEvent: Sendable, Equatable {
    /// The connection is being made, at first or again.
    case connecting
    /// The connection is there.
    case connectSuccess
    /// A try to connect has failed; the next follows by itself.
    case connectFailed(TesseraError)
    /// The connection has dropped.
    case disconnected(TesseraError)
    /// Somebody else ended the session: nobody is logged in.
    case kickedOffline(Kick)
    /// The ticket has expired: nobody is logged in. Get a new ticket and log in.
    case userSigExpired

    var isConnectEvent: Bool {
        switch self {
        case .connecting, .connectSuccess, .connectFailed, .disconnected: true
        case .kickedOffline, .userSigExpired: false
        }
    }
}
