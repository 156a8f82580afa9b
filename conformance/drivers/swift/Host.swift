// What an app would be: it calls the API, keeps the calls whose result is due, and reports what comes.

import Foundation
import Tessera

/// The app.
final class Host: @unchecked Sendable {
    private let manager: V2TIMManager = V2TIMManager.sharedInstance()
    private let output = Output()
    private let lock = NSLock()

    // What follows is guarded by `lock`.
    private var hooks: [(event: String, act: Act)] = []
    private var answers: [Answer] = []
    private var listeners: [String: Listener] = [:]
    /// The thread that is inside a call of a command.
    private var calling: pthread_t?
    /// Rises with each reset: what came before it is not told after it.
    private var resets = 0

    func start() {
        output.say(Hello()) { nil }
        let reader = Thread {
            while let line = readLine() {
                guard let command = try? JSONDecoder().decode(Command.self, from: Data(line.utf8)) else { break }
                self.carryOut(command)
            }
            exit(0)
        }
        reader.start()
    }

    private func carryOut(_ command: Command) {
        locked { calling = pthread_self() }
        let said = act(command.act)
        locked { calling = nil }
        output.say(Reply(reply: command.id, ok: said.ok, code: said.code), with: state)
    }

    /// What a call itself says.
    private struct Said {
        var ok = true
        var code: Int32?
    }

    private func act(_ act: Act) -> Said {
        switch act.do {
        case "init":
            return initialize(act)
        case "un_init":
            manager.unInitSDK()
        case "login":
            let (succ, fail) = blocks(act)
            manager.login(userID: act.user, userSig: act.ticket, succ: succ, fail: fail)
        case "logout":
            let (succ, fail) = blocks(act)
            manager.logout(succ: succ, fail: fail)
        case "hint":
            manager.client.notifyNetworkAvailable()
        case "provider":
            provide(act.answers ?? [])
        case "add_listener":
            manager.addIMSDKListener(listener: listener(act.name ?? ""))
        case "remove_listener":
            if let listener = locked({ listeners.removeValue(forKey: act.name ?? "") }) {
                manager.removeIMSDKListener(listener: listener)
            }
        case "when":
            if let event = act.event, let then = act.then { locked { hooks.append((event, then)) } }
        case "reset":
            reset()
        default:
            // `state` asks for nothing but the reply.
            break
        }
        return Said()
    }

    private func initialize(_ act: Act) -> Said {
        manager.addIMSDKListener(listener: listener("main"))
        let config = V2TIMSDKConfig()
        for (name, value) in act.settings ?? [:] { config.set(name, value) }
        let ok = manager.initSDK(Int32(clamping: act.app ?? 0), config: config)
        return Said(ok: ok, code: ok ? nil : manager.lastError?.code)
    }

    private func reset() {
        locked { resets += 1 }
        manager.unInitSDK()
        locked {
            hooks = []
            answers = []
            listeners = [:]
        }
    }

    /// The listener of that name: always the same object.
    private func listener(_ name: String) -> Listener {
        locked {
            if let known = listeners[name] { return known }
            let new = Listener(self, name)
            listeners[name] = new
            return new
        }
    }

    /// The blocks that report the result of a call.
    private func blocks(_ act: Act) -> (V2TIMSucc, V2TIMFail) {
        let resets = locked { self.resets }
        let report = { (fill: (inout Event) -> Void) in
            if self.locked({ self.resets }) != resets { return }
            var event = Event("result")
            event.call = act.call
            fill(&event)
            self.report(event)
        }
        let succ = { report { _ in } }
        return (
            succ,
            { code, desc in
                report { event in
                    event.code = code
                    event.desc = desc
                    event.retryable = V2TIMErrorCode(rawValue: code).isRetryable
                }
            }
        )
    }

    private func provide(_ answers: [Answer]) {
        locked { self.answers = answers }
        manager.client.setTicketProvider { _ in
            let answer = self.locked { self.answers.isEmpty ? nil : self.answers.removeFirst() }
            self.report(Event("ticket_request"))
            switch answer {
            case .ticket(let ticket): return ticket
            case .error(let text): throw NoTicket(text: text)
            case .hang:
                while true { try await Task.sleep(nanoseconds: 1_000_000_000) }
            case nil: throw NoTicket(text: "no more tickets")
            }
        }
    }

    /// Reports a callback, then does what its hook says.
    func report(_ reported: Event) {
        var event = reported
        let isMain = event.listener == nil || event.listener == "main"
        let isInside = locked { calling.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
        if isInside && isMain { event.inside_call = true }
        let hook = isMain ? takeHook(event.event) : nil
        output.say(event, with: state)
        if let hook { _ = act(hook) }
    }

    /// To be taken before the event is told: the hook that the answer to it brings is for the next one.
    private func takeHook(_ event: String) -> Act? {
        locked {
            guard let at = hooks.firstIndex(where: { $0.event == event }) else { return nil }
            return hooks.remove(at: at).act
        }
    }

    private func state() -> State {
        State(
            status: manager.getLoginStatus().rawValue,
            user: manager.getLoginUser() ?? "",
            connection: manager.client.connectionStatus.number
        )
    }

    private func locked<Result>(_ work: () -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return work()
    }
}

private struct NoTicket: Error {
    let text: String
}
