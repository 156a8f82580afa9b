// A listener that reports what it is called with. In Swift it cannot throw.

import Tessera

final class Listener: V2TIMSDKListener {
    private let host: Host
    private let name: String

    init(_ host: Host, _ name: String) {
        self.host = host
        self.name = name
    }

    private func report(_ name: String, _ fill: (inout Event) -> Void = { _ in }) {
        var event = Event(name)
        event.listener = self.name
        fill(&event)
        host.report(event)
    }

    func onConnecting() {
        report("connecting")
    }

    func onConnectSuccess() {
        report("connect_success")
    }

    func onConnectFailed(_ code: Int32, err: String!) {
        report("connect_failed") { event in
            event.code = code
            event.desc = err
        }
    }

    func onKickedOfflineEx(_ kick: Kick) {
        report("kicked_offline") { event in
            event.reason = name(of: kick.reason)
            event.platform = kick.platform?.rawValue
            event.code = kick.code
        }
    }

    func onUserSigExpired() {
        report("user_sig_expired")
    }

    private func name(of reason: KickReason) -> String {
        switch reason {
        case .policy: "policy"
        case .admin: "admin"
        case .revoked: "revoked"
        case .disabled: "disabled"
        case .ticketRefused: "ticket_refused"
        case .other: "other"
        }
    }
}
