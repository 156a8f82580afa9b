// What the SDK logs, for the listener that the app gives.

import Foundation
import Tessera
import XCTest

final class LogTests: TestCase {
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
