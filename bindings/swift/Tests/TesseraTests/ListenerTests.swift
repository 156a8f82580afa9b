// Listeners that come and go (C19).

import Foundation
import Tessera
import XCTest

final class ListenerTests: TestCase {
    /// A client whose callbacks run on a queue of their own, so that the test's thread can do something meanwhile.
    private func startClient(_ listeners: [Recorder]) throws -> (client: Client, gateway: TestGateway) {
        let gateway = try startGateway()
        let client = Client()
        for listener in listeners { client.addListener(listener) }
        var config = try gateway.config(network: "phone")
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
        let (client, _) = try startClient([recorder])
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
        XCTAssertEqual(recorder.names.all, ["connecting"], "none follows")
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
        weak var weakRecorder: Recorder?
        do {
            let recorder = Recorder { seen.add($0) }
            weakRecorder = recorder
            client.addListener(recorder)
        }
        try client.initialize(app: gateway.app, config: gateway.config())
        try await eventually("events") { seen.count == 2 }
        if let recorder = weakRecorder { client.removeListener(recorder) }
        XCTAssertNil(weakRecorder)
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
