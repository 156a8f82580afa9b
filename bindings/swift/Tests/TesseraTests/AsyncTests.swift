// The Swift face: calls that are awaited, events and states as streams.

import Foundation
import Tessera
import XCTest

final class AsyncTests: TestCase {
    func testCallsReturnOrThrow() async throws {
        let gateway = try startGateway()
        let client = Client()
        var failed = await code { try await client.login(userID: "alice", userSig: "x") }
        XCTAssertEqual(failed, ERR_SDK_NOT_INITIALIZED.rawValue)
        try client.initialize(app: gateway.app, config: gateway.config())
        try await client.login(userID: "alice", userSig: gateway.sign("alice"))
        XCTAssertEqual(client.state.status, .loggedIn)
        XCTAssertEqual(client.state.user, "alice")
        failed = await code { try await client.login(userID: "alice", userSig: gateway.sign("bob", seconds: 5)) }
        XCTAssertEqual(failed, ERR_SVR_ACCOUNT_USERSIG_MISMATCH_ID.rawValue)
        XCTAssertEqual(client.loginUser, "alice", "a refused renewal keeps the session (C7)")
        try await client.logout()
        try await client.logout()
        await client.unInit()
    }

    func testErrorsSayWhetherARetryCanHelp() async throws {
        // C17
        let gateway = try startGateway()
        let client = try startClient(gateway, network: "phone") { $0.loginTimeoutMs = 200 }
        try gateway.say("fault phone down")
        do {
            try await client.login(userID: "alice", userSig: gateway.sign("alice"))
            XCTFail("there is no network")
        } catch let error as TesseraError {
            XCTAssertTrue([9520, 9523].contains(error.code))
            XCTAssertTrue(error.isRetryable)
            XCTAssertEqual(error.kind, .network)
        }
    }

    func testCancellingALoginThrowsAndTheLoginGoesOn() async throws {
        let gateway = try startGateway()
        let client = try startClient(gateway, network: "phone")
        try await eventually("the connection") { client.connectionStatus == .connected }
        try gateway.say("fault phone stall")
        let ticket = try gateway.sign("alice")
        let login = Task { try await client.login(userID: "alice", userSig: ticket) }
        try await eventually("the call") { client.status == .loggingIn }
        login.cancel()
        do {
            try await login.value
            XCTFail("it was cancelled")
        } catch {
            XCTAssertTrue(error is CancellationError)
        }
        try gateway.say("fault phone restore")
        try await eventually("the login") { client.loginUser == "alice" }
    }

    func testALoginOfACancelledTaskThrowsAtOnce() async throws {
        let gateway = try startGateway()
        let client = try startClient(gateway)
        let ticket = try gateway.sign("alice")
        let login = Task {
            while !Task.isCancelled { await Task.yield() }
            try await client.login(userID: "alice", userSig: ticket)
        }
        login.cancel()
        do {
            try await login.value
            XCTFail("it was cancelled")
        } catch {
            XCTAssertTrue(error is CancellationError)
        }
    }

    func testEventsAreAStreamUntilUnInit() async throws {
        let gateway = try startGateway()
        let client = Client()
        let events = client.events
        try client.initialize(app: gateway.app, config: gateway.config())
        try await client.login(userID: "alice", userSig: gateway.sign("alice"))
        try gateway.say("kick alice")
        try await eventually("the kick") { client.status == .loggedOut }
        try await eventually("its delivery") { client.state.user == nil }
        var seen: [ClientEvent] = []
        for await event in events {
            seen.append(event)
            if case .kickedOffline(let kick) = event {
                XCTAssertEqual(kick.reason, .admin)
                await client.unInit()
            }
        }
        XCTAssertEqual(Array(seen.prefix(2)), [.connecting, .connectSuccess])
        XCTAssertEqual(seen.count, 3)
    }

    func testAStreamEndsWithItsTask() async throws {
        let client = Client()
        let reader = Task {
            for await _ in client.events { XCTFail("nothing happens") }
            return true
        }
        try await Task.sleep(nanoseconds: 5_000_000)
        reader.cancel()
        let ended = await reader.value
        XCTAssertTrue(ended)
    }

    func testStatesBeginWithWhatIsAndEndWithTheNewest() async throws {
        let gateway = try startGateway()
        let client = try startClient(gateway)
        let seen = Record<ClientState>()
        let reader = Task {
            for await state in client.states {
                seen.add(state)
                if state.user == "alice" { break }
            }
        }
        try await eventually("the first state") { seen.count == 1 }
        try await client.login(userID: "alice", userSig: gateway.sign("alice"))
        await reader.value
        XCTAssertEqual(seen.all.first?.status, .loggedOut)
        XCTAssertEqual(seen.all.last?.status, .loggedIn)
        XCTAssertLessThanOrEqual(seen.count, 3)
    }

    func testFromTheMainActor() async throws {
        // The callback queue is the main queue: awaiting there must not stop it.
        try await AsyncTests.play(try startGateway())
    }

    @MainActor
    private static func play(_ gateway: TestGateway) async throws {
        let client = Client()
        try client.initialize(app: gateway.app, config: gateway.config())
        try await client.login(userID: "alice", userSig: gateway.sign("alice"))
        XCTAssertEqual(client.loginUser, "alice")
        try await client.logout()
        await client.unInit()
    }
}
