// Where and when callbacks run (C18), and what they may do: the re-entrancy matrix.

import Foundation
import Tessera
import XCTest

final class CallbackTests: TestCase {
    func testCallbacksRunOnTheMainQueue() async throws {
        // C18
        let gateway = try startGateway()
        let onMain = Record<Bool>()
        let client = Client()
        let recorder = Recorder { _ in onMain.add(Thread.isMainThread) }
        client.addListener(recorder)
        try client.initialize(app: gateway.app, config: gateway.config())
        client.login(userID: "alice", userSig: try gateway.sign("alice")) { _ in onMain.add(Thread.isMainThread) }
        try await eventually("three callbacks") { onMain.count == 3 }
        XCTAssertEqual(onMain.all, [true, true, true])
    }

    func testCallbacksRunOnTheQueueThatTheAppGives() async throws {
        // C18
        nonisolated(unsafe) let key = DispatchSpecificKey<String>()
        for queue in [DispatchQueue(label: "serial"), DispatchQueue(label: "concurrent", attributes: .concurrent)] {
            queue.setSpecific(key: key, value: queue.label)
            let gateway = try startGateway()
            let found = Record<String?>()
            let client = try startClient(gateway) { $0.callbackQueue = queue }
            let events = 50
            for _ in 0..<events {
                client.logout { _ in found.add(DispatchQueue.getSpecific(key: key)) }
            }
            try await eventually("all results") { found.count == events }
            XCTAssertTrue(found.all.allSatisfy { $0 == queue.label })
        }
    }

    func testCallbacksOfAConcurrentQueueComeOneAtATimeAndInOrder() async throws {
        // C18
        let queue = DispatchQueue(label: "concurrent", attributes: .concurrent)
        let gateway = try startGateway()
        let client = try startClient(gateway) { $0.callbackQueue = queue }
        let order = Record<Int>()
        let running = Shared(0)
        let overlaps = Record<Int>()
        for number in 0..<200 {
            client.logout { _ in
                let now = running.with { running in
                    running += 1
                    return running
                }
                if now > 1 { overlaps.add(now) }
                Thread.sleep(forTimeInterval: 0.0002)
                order.add(number)
                running.with { $0 -= 1 }
            }
        }
        try await eventually("all results") { order.count == 200 }
        XCTAssertEqual(order.all, Array(0..<200))
        XCTAssertEqual(overlaps.all, [])
    }

    func testEveryCallMayBeMadeInsideEveryCallback() async throws {
        // C18: each call of the API from the callbacks of a connect event, a session event and a result.
        let gateway = try startGateway()
        let calls: [(name: String, call: @Sendable (Client, Recorder) -> Void)] = [
            ("initialize", { client, _ in try? client.initialize(app: gateway.app, config: ClientConfig()) }),
            ("login", { client, _ in client.login(userID: "other", userSig: "x") { _ in } }),
            ("logout", { client, _ in client.logout { _ in } }),
            ("unInit", { client, _ in client.unInit() }),
            ("hint", { client, _ in client.notifyNetworkAvailable() }),
            ("foreground", { client, _ in client.notifyForeground() }),
            ("provider", { client, _ in client.setTicketProvider { _ in "" } }),
            ("add", { client, _ in client.addListener(Recorder()) }),
            ("remove", { client, recorder in client.removeListener(recorder) }),
            ("events", { client, _ in _ = client.events }),
            ("states", { client, _ in _ = client.states }),
            ("getters", { client, _ in
                _ = (client.state, client.status, client.loginUser, client.connectionStatus)
                _ = (client.serverTimeMs, client.lastError)
            }),
            ("release", { _, _ in _ = Client() }),
        ]
        for (number, (name, call)) in calls.enumerated() {
            for (letter, callback) in [("c", "connect success"), ("k", "kicked admin"), ("r", "result")] {
                // A user for each, because a kick revokes all tickets of its second.
                try await play(call, inside: callback, "\(name) inside \(callback)", "user-\(number)\(letter)", gateway)
            }
        }
    }

    private func play(
        _ call: @escaping @Sendable (Client, Recorder) -> Void, inside callback: String, _ name: String, _ user: String,
        _ gateway: TestGateway
    ) async throws {
        let client = Client()
        let done = Record<Bool>()
        let me = Shared<Recorder?>(nil)
        let act: @Sendable () -> Void = {
            if let recorder = me.with({ $0 }) { call(client, recorder) }
            done.add(true)
        }
        let recorder = Recorder { event in if event == callback { act() } }
        me.with { $0 = recorder }
        client.addListener(recorder)
        try client.initialize(app: gateway.app, config: gateway.config())
        if callback != "connect success" {
            client.login(userID: user, userSig: try gateway.sign(user)) { _ in if callback == "result" { act() } }
        }
        if callback == "kicked admin" {
            try await eventually("a login, for \(name)") { client.status == .loggedIn }
            try gateway.say("kick \(user)")
        }
        try await eventually(name) { done.count == 1 }
        me.with { $0 = nil }
        await client.unInit()
    }

    func testAnEventIsDeliveredBeforeACallbackOfANewerLogin() async throws {
        // C1
        let gateway = try startGateway()
        let order = Record<String>()
        let client = Client()
        let ticket = try gateway.sign("bob")
        let recorder = Recorder { event in
            guard event == "kicked admin" else { return }
            client.login(userID: "bob", userSig: ticket) { _ in order.add("bob is in") }
            order.add("alice was kicked")
        }
        client.addListener(recorder)
        try client.initialize(app: gateway.app, config: gateway.config())
        try await client.login(userID: "alice", userSig: gateway.sign("alice"))
        try gateway.say("kick alice")
        try await eventually("bob's login") { order.count == 2 }
        XCTAssertEqual(order.all, ["alice was kicked", "bob is in"])
        XCTAssertEqual(client.loginUser, "bob")
    }
}
