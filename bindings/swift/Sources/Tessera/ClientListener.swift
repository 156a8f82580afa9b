// What the host gives to a client to be called: listeners, results, log records, tickets.

/// The events of one client. Every method has an empty body: implement those that matter.
///
/// Callbacks of one client run one at a time, in order, on its callback queue (the main queue, unless the configuration
/// names another), never inside the call that caused them. They may call the client.
public protocol ClientListener: AnyObject {
    /// The connection is being made, at first or again.
    func onConnecting()

    /// The connection is there.
    func onConnectSuccess()

    /// A try to connect has failed; the next follows by itself.
    func onConnectFailed(_ error: TesseraError)

    /// The connection has dropped. V2TIM has this event in its C API alone.
    func onDisconnected(_ error: TesseraError)

    /// Somebody else ended the session: the user is logged out, and the client does not log in again by itself.
    func onKickedOffline(_ kick: Kick)

    /// The ticket has expired: the user is logged out. Get a new ticket and log in.
    func onUserSigExpired()
}

extension ClientListener {
    /// Does nothing.
    public func onConnecting() {}

    /// Does nothing.
    public func onConnectSuccess() {}

    /// Does nothing.
    public func onConnectFailed(_ error: TesseraError) {}

    /// Does nothing.
    public func onDisconnected(_ error: TesseraError) {}

    /// Does nothing.
    public func onKickedOffline(_ kick: Kick) {}

    /// Does nothing.
    public func onUserSigExpired() {}

    func tell(_ event: ClientEvent) {
        switch event {
        case .connecting: onConnecting()
        case .connectSuccess: onConnectSuccess()
        case .connectFailed(let error): onConnectFailed(error)
        case .disconnected(let error): onDisconnected(error)
        case .kickedOffline(let kick): onKickedOffline(kick)
        case .userSigExpired: onUserSigExpired()
        }
    }
}

/// Told the result of a call, once: `nil` if it has succeeded, else why it failed.
public typealias ResultHandler = @Sendable (_ error: TesseraError?) -> Void

/// Told what the SDK logs, on the callback queue: one line, without tickets and keys.
public typealias LogListener = @Sendable (_ level: LogLevel, _ text: String) -> Void

/// A ticket for this user, asked for before the one in use expires. What it throws ends no session: it is asked again
/// later.
public typealias TicketProvider = @Sendable (_ userID: String) async throws -> String
