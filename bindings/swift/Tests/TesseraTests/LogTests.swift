// What the SDK logs, for the listener that the app gives.

import Foundation
import Tessera
import XCTest

final class LogTests: TestCase {
    func testUnInitInsideAListenerRunsWhatIsLeftBeforeItReturns() async throws {
        // C9
        let gateway = try startGateway()
        let ticket = try gateway.sign("alice")
        try gateway.say("url phone")
        try gateway.say("fault phone stall")
        // Luck decides whether the thread of the events is quicker, so there are many.
        for _ in 0..<50 {
            let client = Client()
            let steps = Record<String>()
            let isReady = Shared(false)
            var config = try gateway.config(network: "phone")
            config.uninitTimeoutMs = 60_000
            config.logLevel = .debug
            config.logListener = { [weak client] _, _ in
                guard isReady.with({ $0 }), let client else { return }
                isReady.with { $0 = false }
                client.login(userID: "alice", userSig: ticket) { steps.add("in: \($0?.code ?? 0)") }
                client.unInit()
                steps.add("ended")
            }
            try client.initialize(app: gateway.app, config: config)
            isReady.with { $0 = true }
            client.login(userID: "bob", userSig: ticket) { _ in }
            try await eventually("the end") { steps.count == 2 }
            XCTAssertEqual(steps.all, ["in: 7009", "ended"])
            // Nothing is left to wait for.
            await client.unInit()
        }
    }

    func testTheListenerHearsOfALoginOnTheCallbackQueueWithoutTheTicket() async throws {
        let gateway = try startGateway()
        let log = Record<(level: LogLevel, text: String, onMain: Bool)>()
        let client = try startClient(gateway) { config in
            config.logLevel = .debug
            config.logListener = { log.add(($0, $1, Thread.isMainThread)) }
        }
        let ticket = try gateway.sign("alice")
        try await client.login(userID: "alice", userSig: ticket)
        try await client.logout()
        try await eventually("records") { !log.all.isEmpty }
        XCTAssertTrue(log.all.allSatisfy { $0.onMain })
        XCTAssertFalse(log.all.contains { $0.text.contains(ticket) })
        await client.unInit()
        let count = log.count
        try client.initialize(app: gateway.app, config: gateway.config())
        try await client.login(userID: "alice", userSig: ticket)
        XCTAssertEqual(log.count, count, "unInit forgets it")
    }

    func testV2TIMsListenerAndLevel() async throws {
        let gateway = try startGateway()
        let levels = Record<V2TIMLogLevel>()
        let config = V2TIMSDKConfig()
        XCTAssertEqual(config.logLevel, .LOG_DEBUG)
        config.logLevel = .LOG_ERROR
        XCTAssertEqual(config.logLevel, .LOG_ERROR)
        config.serverUrl = try gateway.say("url")
        config.allowPlain = true
        let manager = try XCTUnwrap(V2TIMManager.sharedInstance())
        // The first init sets the level that holds while the second begins.
        XCTAssertTrue(manager.initSDK(Int32(gateway.app), config: config))
        await manager.client.unInit()
        config.logListener = { level, text in if text != nil { levels.add(level) } }
        XCTAssertTrue(manager.initSDK(Int32(gateway.app), config: config))
        try await manager.client.login(userID: "alice", userSig: gateway.sign("alice", seconds: 60))
        XCTAssertEqual(levels.all, [], "nothing is that grave")
    }

    func testAFailedInitLeavesTheListenerOfBefore() async throws {
        // C9: the first configuration is kept.
        let gateway = try startGateway()
        let first = Record<String>()
        let second = Record<String>()
        let client = try startClient(gateway) { $0.logListener = { first.add($1) } }
        var config = try gateway.config()
        config.logListener = { second.add($1) }
        XCTAssertThrowsError(try client.initialize(app: gateway.app + 1, config: config))
        try client.initialize(app: gateway.app, config: config)
        let before = first.count
        try await client.login(userID: "alice", userSig: gateway.sign("alice"))
        try await eventually("records") { first.count > before }
        XCTAssertEqual(second.all, [])
    }

    func testAClientThatEndsGivesTheLogBack() async throws {
        let gateway = try startGateway()
        let first = Record<String>()
        let second = Record<String>()
        let one = try startClient(gateway) { $0.logListener = { first.add($1) } }
        let other = try startClient(gateway) { $0.logListener = { second.add($1) } }
        let silent = try startClient(gateway)
        try one.initialize(app: gateway.app, config: gateway.config())
        try await eventually("records of the second") { second.all.contains { $0.contains("already initialised") } }
        await other.unInit()
        let before = first.count
        try silent.initialize(app: gateway.app, config: gateway.config())
        try await eventually("records of the first") { first.count > before }
        await silent.unInit()
        await one.unInit()
    }
}
