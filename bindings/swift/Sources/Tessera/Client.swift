// The Swift face: one client. It converts, calls one function of the library, converts back; V2TIM's names are over this.

import Dispatch
internal import TesseraUniFFI

/// One client: one account at a time, many clients per process. ``shared`` is the one that V2TIM's singleton uses.
///
/// When the last reference is gone, the session ends as with ``unInit()``, and results that are due become 7009. (Init is
/// called ``initialize(app:config:)`` here: `init` is a word of Swift.)
public final class Client: Sendable {
    /// The client of the process, which has the installation's device id.
    public static let shared = Client(shared: true)

    /// Version of the SDK.
    public static var version: String { Tessera.sdkVersion }

    private let native: NativeClient
    private let delivery: Delivery
    private let published = Published()
    private let listeners = Listeners()
    private let eventReceivers = Receivers<ClientEvent>()
    private let stateReceivers = Receivers<ClientState>()
    private let provider = ProviderSeat()
    private let surroundings = Surroundings()

    /// Lets init and unInit come one after the other. No code of the host runs under it.
    private let lifecycle = Locked(())

    /// Whose result is due. Also held around a call, so that its result is not looked for before it is in here.
    private let calls = Locked<[UInt64: ResultHandler]>([:])

    /// A client that is not initialised, with a device id of its own.
    ///
    /// It traps if the library is of another release than this code, or if the operating system gives no randomness,
    /// without which no session id would be safe.
    public convenience init() {
        self.init(shared: false)
    }

    private init(shared: Bool) {
        let found = abiVersion()
        precondition(
            found == uniffiABIVersion,
            "the library exports version \(found), this code needs \(uniffiABIVersion): they are of different releases"
        )
        do {
            native = try shared ? NativeClient.shared() : NativeClient()
        } catch {
            preconditionFailure("the operating system gives no randomness")
        }
        delivery = Delivery(native)
    }

    deinit {
        surroundings.unwatch()
        provider.set(nil).question?.cancel()
        eventReceivers.end()
        stateReceivers.end()
        _ = LogPump.shared.forget(delivery)
        // Whoever still holds the library's client, such as a provider at work, does not keep the user logged in.
        _ = native.unInit()
        native.closeEvents()
        let due = calls.with { calls in
            defer { calls = [:] }
            return calls.values
        }
        if due.isEmpty { return }
        let interrupted = TesseraError.of(ERR_SDK_COMM_INTERRUPT)
        delivery.later { for onResult in due { onResult(interrupted) } }
    }

    // ---- calls ------------------------------------------------------------------------------------------------------

    /// Initialises and, unless the settings say otherwise, connects. With the same app while initialised it is a success:
    /// the first configuration is kept.
    ///
    /// - Parameter app: the SDKAppID.
    /// - Throws: ``TesseraError`` 6017 for app 0 and for settings that are invalid or incomplete; 90101 while initialised
    ///   with another app; 6018 when the SDK's thread does not start.
    public func initialize(app: UInt64, config: ClientConfig = ClientConfig()) throws {
        delivery.start(for: self)
        let (settings, manifest) = (config.settings, Surroundings.manifest())
        try lifecycle.with { _ in
            // While initialised the first configuration holds, its log listener too.
            let isFirst = native.app() == 0
            // Before anything of this initialisation can be delivered.
            if isFirst { delivery.use(config.callbackQueue ?? .main) }
            let log = isFirst ? config.logListener.map { LogPump.Target(delivery, $0) } : nil
            // Before, for the records of the call itself.
            log.map(LogPump.shared.add)
            do {
                if try native.`init`(app: app, code: settings, manifest: manifest) == .started {
                    return surroundings.watch { [native] in native.hint() }
                }
            } catch {
                log.map(LogPump.shared.remove)
                throw TesseraError(error)
            }
        }
    }

    /// Ends everything: the session is logged out without waiting for the gateway, listeners and provider are forgotten,
    /// calls that wait get 7009. It waits for the callback that runs, as long as the setting `uninit_timeout_ms` allows; the
    /// results follow on the callback queue. Inside a callback it runs what is left before it returns.
    /// ``initialize(app:config:)`` may follow.
    public func unInit() {
        delivery.end(beginUnInit())
    }

    /// As the one that does not suspend, and returns when the results of calls that waited are delivered too.
    public func unInit() async {
        await delivery.end(beginUnInit())
    }

    /// Logs in; returns when there is a result. Cancelling the task throws `CancellationError` and changes nothing but that
    /// nobody learns the result.
    ///
    /// - Throws: ``TesseraError`` 6013 before init; 6017 or 7003 for an invalid argument; 6206, 70001 or 70052 when a new
    ///   ticket is needed; 9520 or 9523 at the deadline; 6023 when a logout or another login came in between; 7009 after
    ///   unInit; 7008 when too many results wait; else what the gateway says.
    public func login(userID: String, userSig: String) async throws {
        try await result { login(userID: userID, userSig: userSig, onResult: $0) }
    }

    /// As the one that suspends. Status and user are the new ones when it returns; `onResult` is called later.
    public func login(userID: String, userSig: String, onResult: @escaping ResultHandler) {
        call(onResult) { try native.login(user: userID, ticket: userSig) }
    }

    /// Logs out; returns when there is a result. Succeeds when nobody is logged in, and whatever the network does.
    ///
    /// - Throws: ``TesseraError`` 6013 before init; 7009 after unInit; 7008 when too many results wait.
    public func logout() async throws {
        try await result { logout(onResult: $0) }
    }

    /// As the one that suspends. `onResult` is called later.
    public func logout(onResult: @escaping ResultHandler) {
        call(onResult) { try native.logout() }
    }

    /// The network is back or has changed: reconnect or probe now, at most once a second. On Apple platforms the SDK knows
    /// it by itself.
    public func notifyNetworkAvailable() {
        native.hint()
    }

    /// The app is in the foreground again: reconnect or probe now, at most once a second. On Apple platforms the SDK knows
    /// it by itself.
    public func notifyForeground() {
        native.hint()
    }

    /// Sets who is asked for a new ticket before the one in use expires; `nil` for nobody. It runs in a task of its own.
    /// What it throws never ends a session: it is asked again later. unInit forgets it.
    public func setTicketProvider(_ provider: TicketProvider?) {
        let older = lifecycle.with { _ in
            // In this order nobody asks a provider that is not there.
            if provider == nil { native.setHasProvider(hasProvider: false) }
            defer { if provider != nil { native.setHasProvider(hasProvider: true) } }
            return self.provider.set(provider)
        }
        older.question?.cancel()
    }

    // ---- events -----------------------------------------------------------------------------------------------------

    /// The events from now on, until unInit.
    public var events: AsyncStream<ClientEvent> { eventReceivers.stream() }

    /// Status and user: first what they are, then each change that the reader has time for, the newest always.
    public var states: AsyncStream<ClientState> { stateReceivers.stream(first: published.state) }

    /// Adds a listener, before or after init. The same one twice counts once. It is kept until it is removed; unInit
    /// forgets it.
    public func addListener(_ listener: any ClientListener) {
        add(listener, standsFor: listener)
    }

    /// Removes a listener. When it returns, no callback of it runs or will start, except the one that this was called from;
    /// so it blocks while one runs on another thread.
    public func removeListener(_ listener: any ClientListener) {
        remove(listenerOf: listener)
    }

    func add(_ listener: any ClientListener, standsFor target: AnyObject) {
        listeners.add(Listeners.Entry(listener, standsFor: target))
    }

    func remove(listenerOf target: AnyObject) {
        listeners.remove(target)
    }

    // ---- state ------------------------------------------------------------------------------------------------------

    /// Status and user of one moment, the newest: reads a field.
    public var state: ClientState { published.state }

    /// The login status, the newest: reads a field.
    public var status: LoginStatus { published.status }

    /// The user, while logged in; else `nil`. Reads a field.
    public var loginUser: String? { published.user }

    /// The state of the connection, which moves without the login status.
    public var connectionStatus: ConnectionStatus { native.connectionStatus().converted }

    /// Gateway time as Unix milliseconds; 0 until the gateway told it since init.
    public var serverTimeMs: UInt64 { native.serverTimeMs() }

    /// Why the last ``initialize(app:config:)`` failed; `nil` if it succeeded.
    public var lastError: TesseraError? { native.lastError()?.converted }
}

// ---- how calls and events are done ----------------------------------------------------------------------------------

extension Client {
    private func beginUnInit() -> Ending {
        let (ending, forgotten) = lifecycle.with { _ in
            // First, so that what a callback of a 7009 adds is of the next initialisation.
            let forgotten = (
                listeners: listeners.clear(), provider: provider.set(nil), receivers: eventReceivers.forget(),
                log: LogPump.shared.forget(delivery)
            )
            surroundings.unwatch()
            let ending = native.unInit()
            delivery.void(ending)
            return (ending, forgotten)
        }
        publish(ending.stamp().converted)
        forgotten.provider.question?.cancel()
        for receiver in forgotten.receivers { receiver.end() }
        return ending
    }

    private func call(_ onResult: @escaping ResultHandler, _ start: () throws -> Started) {
        delivery.start(for: self)
        let started = calls.with { calls in
            let started = answered(start)
            calls[started.call] = onResult
            return started
        }
        publish(started.stamp.converted)
    }

    /// A call that is refused has its result, too.
    private func answered(_ start: () throws -> Started) -> Started {
        do {
            return try start()
        } catch {
            return native.answer(code: TesseraError(error).code)
        }
    }

    private func result(_ start: (@escaping ResultHandler) -> Void) async throws {
        let waiting = Awaited()
        start { error in waiting.finish(error.map(Result.failure) ?? .success(())) }
        try await withTaskCancellationHandler {
            try await waiting.value
        } onCancel: {
            waiting.finish(.failure(CancellationError()))
        }
    }
}

extension Client: DeliveryHost {
    func publish(_ state: ClientState) {
        if published.publish(state) { stateReceivers.send(state) }
    }

    func deliver(_ kind: Incoming.Kind, isVoid: Bool) {
        switch kind {
        case .result(let call, let error):
            let onResult = calls.with { $0.removeValue(forKey: call) }
            onResult?(isVoid ? .of(ERR_SDK_COMM_INTERRUPT) : error?.converted)
        case .other(let event):
            if !isVoid { deliver(event) }
        }
    }

    private func deliver(_ event: NativeEventKind) {
        switch event {
        case .completed:
            // That is a result.
            break
        case .ticketRequest(let request, let user):
            provider.ask(native, request: request, user: user)
        case .connecting:
            tell(.connecting)
        case .connectSuccess:
            tell(.connectSuccess)
        case .connectFailed(let error):
            tell(.connectFailed(error.converted))
        case .disconnected(let error):
            tell(.disconnected(error.converted))
        case .kickedOffline(let kick):
            tell(.kickedOffline(kick.converted))
        case .userSigExpired:
            tell(.userSigExpired)
        }
    }

    private func tell(_ event: ClientEvent) {
        eventReceivers.send(event)
        listeners.each { $0.tell(event) }
    }
}
