// Listeners that come and go (C19).

import Foundation
import Tessera
import XCTest

final class ListenerTests: TestCase {
    /// A client whose callbacks run on a queue of their own, so that the test's thread can do something meanwhile.
    private func startClient(
        _ listeners: [Recorder], stalled: Bool = false
    ) throws -> (client: Client, gateway: TestGateway) {
        let gateway = try startGateway()
        let client = Client()
        for listener in listeners { client.addListener(listener) }
        var config = try gateway.config(network: "phone")
        if stalled { try gateway.say("fault phone stall") }
        config.callbackQueue = DispatchQueue(label: "callbacks")
        try client.initialize(app: gateway.app, config: config)
        return (client, gateway)
    }

    func testOneThatIsRemovedInsideItsOwnCallbackIsNotCalledAgain() async throws {
        let client = Shared<Client?>(nil)
        let me = Shared<Recorder?>(nil)
        let recorder = Recorder { _ in
            if let recorder = me.with({ $0 }) { client.with { $0 }?.removeListener(recorder) }
        }
        me.with { $0 = recorder }
        let other = Recorder()
        let gateway = try startGateway()
        let started = Client()
        client.with { $0 = started }
        started.addListener(recorder)
        started.addListener(other)
        try started.initialize(app: gateway.app, config: gateway.config())
        try await eventually("the other one's events") { other.names.count == 2 }
        XCTAssertEqual(recorder.names.all, ["connecting"])
        me.with { $0 = nil }
        client.with { $0 = nil }
    }

    func testOneThatIsRemovedByAnotherWhileItsEventIsDeliveredIsNotCalled() async throws {
        let client = Client()
        let second = Recorder()
        let first = Recorder { _ in client.removeListener(second) }
        client.addListener(first)
        client.addListener(second)
        let gateway = try startGateway()
        try client.initialize(app: gateway.app, config: gateway.config())
        try await eventually("events") { first.names.count == 2 }
        XCTAssertEqual(second.names.all, [])
    }

    func testRemovalFromAnotherThreadWaitsForTheRunningCallback() async throws {
        let entered = DispatchSemaphore(value: 0)
        let leave = DispatchSemaphore(value: 0)
        let steps = Record<String>()
        let recorder = Recorder { event in
            guard event == "connecting" else { return }
            entered.signal()
            leave.wait()
            steps.add("returned")
        }
        let (client, gateway) = try startClient([recorder], stalled: true)
        let removed = Record<Bool>()
        let remover = Thread {
            entered.wait()
            DispatchQueue.global().asyncAfter(deadline: .now() + 0.05) { leave.signal() }
            client.removeListener(recorder)
            steps.add("removed")
            removed.add(true)
        }
        remover.start()
        try await eventually("the removal") { removed.count == 1 }
        XCTAssertEqual(steps.all, ["returned", "removed"])
        try gateway.say("fault phone restore")
        try await client.login(userID: "alice", userSig: gateway.sign("alice"))
        XCTAssertEqual(recorder.names.all, ["connecting"], "none follows")
    }

    func testOneThatIsAddedAgainHearsTheNextEvent() async throws {
        let client = Client()
        let second = Recorder()
        let first = Recorder { event in
            guard event == "connecting" else { return }
            client.removeListener(second)
            client.addListener(second)
        }
        client.addListener(first)
        client.addListener(second)
        let gateway = try startGateway()
        try client.initialize(app: gateway.app, config: gateway.config())
        try await eventually("events") { first.names.count == 2 && second.names.count >= 1 }
        XCTAssertEqual(second.names.all, ["connect success"])
    }

    func testRemovalWaitsForACallbackWhileAnotherOneRunsInsideIt() async throws {
        let gateway = try startGateway()
        let client = Client()
        let config = try gateway.config()
        let steps = Record<String>()
        let outer = Shared<Recorder?>(nil)
        let inner = Recorder { event in
            guard event == "connecting", let listener = outer.with({ $0 }) else { return }
            Thread {
                client.removeListener(listener)
                steps.add("removed")
            }.start()
            // Time to return too early.
            Thread.sleep(forTimeInterval: 0.05)
        }
        let recorder = Recorder { event in
            guard event == "connect success" else { return }
            client.login(userID: "alice", userSig: "ticket") { _ in
                client.addListener(inner)
                try? client.initialize(app: gateway.app, config: config)
            }
            client.unInit()
            steps.add("returned")
        }
        outer.with { $0 = recorder }
        client.addListener(recorder)
        try client.initialize(app: gateway.app, config: config)
        try await eventually("the removal") { steps.count == 2 }
        XCTAssertEqual(steps.all, ["returned", "removed"])
        outer.with { $0 = nil }
    }

    func testNoneIsKeptByUnInit() async throws {
        let recorder = Recorder()
        let (client, gateway) = try startClient([recorder])
        try await eventually("the connection") { recorder.names.count == 2 }
        await client.unInit()
        try client.initialize(app: gateway.app, config: gateway.config())
        try await client.login(userID: "alice", userSig: gateway.sign("alice"))
        XCTAssertEqual(recorder.names.count, 2)
    }

    func testOneIsKeptAliveUntilItIsRemoved() async throws {
        let gateway = try startGateway()
        let client = Client()
        let seen = Record<String>()
        let known: Weak<Recorder>
        do {
            let recorder = Recorder { seen.add($0) }
            known = Weak(recorder)
            client.addListener(recorder)
        }
        try client.initialize(app: gateway.app, config: gateway.config())
        try await eventually("events") { seen.count == 2 }
        known.use(client.removeListener)
        try await eventually("its end") { known.isGone }
    }

    func testAddingAndRemovingFromManyThreadsWhileEventsFire() async throws {
        let (client, gateway) = try startClient([])
        try await client.login(userID: "alice", userSig: gateway.sign("alice"))
        let busy = Record<Bool>()
        for _ in 0..<4 {
            Thread {
                for _ in 0..<200 {
                    let recorder = Recorder()
                    client.addListener(recorder)
                    client.removeListener(recorder)
                    let before = recorder.names.count
                    // No call starts after the removal has returned.
                    if recorder.names.count != before { XCTFail("called after its removal") }
                }
                busy.add(true)
            }.start()
        }
        for _ in 0..<10 {
            try gateway.say("fault phone cut")
            try await eventually("the connection") { client.connectionStatus == .connected }
        }
        try await eventually("all threads") { busy.count == 4 }
        XCTAssertEqual(client.status, .loggedIn)
    }
}
