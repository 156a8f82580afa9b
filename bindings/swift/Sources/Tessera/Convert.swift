// From the generated types of the boundary to those of the Swift face. There is no rule in here.

internal import TesseraUniFFI

typealias NativeClient = TesseraUniFFI.Client
typealias NativeEventKind = TesseraUniFFI.EventKind

extension Stamp {
    var converted: ClientState {
        ClientState(status: status.converted, user: user, epoch: epoch)
    }
}

extension ErrorInfo {
    var converted: TesseraError {
        TesseraError(
            kind: kind.converted,
            code: code,
            desc: desc,
            isRetryable: retryable,
            retryAfterMs: retryAfterMs
        )
    }
}

extension TesseraError {
    /// What a call of the library has thrown.
    init(_ thrown: any Error) {
        switch thrown {
        case CallError.Refused(let info): self = info.converted
        default: self = .of(ERR_SDK_INTERNAL_ERROR)
        }
    }

    /// The error with this code and the table's own meaning.
    static func of(_ code: V2TIMErrorCode) -> TesseraError {
        errorOf(code: code.rawValue).converted
    }
}

extension TesseraUniFFI.Kick {
    var converted: Kick {
        Kick(reason: reason.converted, platform: platform?.converted, atMs: atMs, code: code)
    }
}

extension TesseraUniFFI.LoginStatus {
    var converted: LoginStatus {
        switch self {
        case .loggedOut: .loggedOut
        case .loggingIn: .loggingIn
        case .loggedIn: .loggedIn
        case .loggingOut: .loggingOut
        }
    }
}

extension TesseraUniFFI.ConnectionStatus {
    var converted: ConnectionStatus {
        switch self {
        case .connected: .connected
        case .disconnected: .disconnected
        case .connecting: .connecting
        case .connectFailed: .connectFailed
        }
    }
}

extension TesseraUniFFI.LogLevel {
    var converted: LogLevel {
        switch self {
        case .none: .off
        case .debug: .debug
        case .info: .info
        case .warn: .warn
        case .error: .error
        }
    }
}

extension TesseraUniFFI.ErrorKind {
    fileprivate var converted: ErrorKind {
        switch self {
        case .success: .success
        case .argument: .argument
        case .state: .state
        case .network: .network
        case .ticket: .ticket
        case .account: .account
        case .kicked: .kicked
        case .limit: .limit
        case .internal: .internal
        }
    }
}

extension TesseraUniFFI.KickReason {
    fileprivate var converted: KickReason {
        switch self {
        case .policy: .policy
        case .admin: .admin
        case .revoked: .revoked
        case .disabled: .disabled
        case .ticketRefused: .ticketRefused
        case .other: .other
        }
    }
}

extension TesseraUniFFI.Platform {
    fileprivate var converted: Platform {
        switch self {
        case .android: .android
        case .iphone: .iphone
        case .ipad: .ipad
        case .windows: .windows
        case .mac: .mac
        case .linux: .linux
        case .web: .web
        }
    }
}
