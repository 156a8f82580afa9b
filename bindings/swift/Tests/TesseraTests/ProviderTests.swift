// The ticket provider (C15): what it throws hurts nobody, and a question is dropped with it.

import Foundation
import Tessera
import XCTest

final class ProviderTests: TestCase {
    private struct Secret: Error {
        let text = "a text that may hold a ticket"
    }

    /// A client that asks again soon. For the first time it asks when the gateway's clock has been moved on.
    private func startClient(_ gateway: TestGateway, log: Record<String>? = nil) throws -> Client {
        try startClient(gateway) { config in
            config.ticketRenewPercent = 50
            config.ticketRenewJitterPercent = 0
            config.ticketRequestIntervalMs = 10
            config.ticketRetryMinMs = 10
            config.ticketRetryMaxMs = 10
            if let log { config.logListener = { _, text in log.add(text) } }
        }
    }

    private func moveClock(_ gateway: TestGateway, minutes: UInt64, until client: Client) async throws {
        let before = client.serverTimeMs
        try gateway.say("clock \(minutes * 60_000)")
        try await eventually("the gateway's time") { client.serverTimeMs >= before + minutes * 60_000 }
    }

    func testItRenewsTheTicketUnderTheSession() async throws {
        let gateway = try startGateway()
        let client = try startClient(gateway)
        let recorder = Recorder()
        client.addListener(recorder)
        let asked = Record<String>()
        client.setTicketProvider { user in
            asked.add(user)
            return try gateway.sign(user, seconds: 36_000)
        }
        try await client.login(userID: "alice", userSig: gateway.sign("alice", seconds: 3600))
        let before = try gateway.expiry(of: "alice")
        try await moveClock(gateway, minutes: 35, until: client)
        try await eventually("the question") { asked.count == 1 }
        try await eventually("the renewal") { (try? gateway.expiry(of: "alice")) ?? 0 > before }
        XCTAssertEqual(client.loginUser, "alice")
        XCTAssertEqual(asked.all, ["alice"])
        XCTAssertFalse(recorder.names.all.contains("expired"))
    }

    func testWhatItThrowsEndsNoSessionAndIsNotLogged() async throws {
        let gateway = try startGateway()
        let log = Record<String>()
        let client = try startClient(gateway, log: log)
        let asked = Record<Bool>()
        client.setTicketProvider { _ in
            asked.add(true)
            throw Secret()
        }
        try await client.login(userID: "alice", userSig: gateway.sign("alice", seconds: 3600))
        try await moveClock(gateway, minutes: 35, until: client)
        try await eventually("two questions") { asked.count >= 2 }
        XCTAssertEqual(client.loginUser, "alice")
        try await eventually("the report") { log.all.contains { $0.contains("the ticket provider threw Secret") } }
        XCTAssertFalse(log.all.contains { $0.contains("may hold") })
    }

    func testAQuestionIsCancelledWithItsProvider() async throws {
        let gateway = try startGateway()
        let client = try startClient(gateway)
        let steps = Record<String>()
        client.setTicketProvider { _ in
            steps.add("asked")
            do {
                try await Task.sleep(nanoseconds: 60_000_000_000)
            } catch {
                steps.add("cancelled")
                throw error
            }
            return ""
        }
        try await client.login(userID: "alice", userSig: gateway.sign("alice", seconds: 3600))
        try await moveClock(gateway, minutes: 35, until: client)
        try await eventually("the question") { steps.count == 1 }
        client.setTicketProvider(nil)
        try await eventually("the cancellation") { steps.all == ["asked", "cancelled"] }
        await client.unInit()
    }

    func testAnOlderProviderThatMindsNoCancellationIsNotHeard() async throws {
        let gateway = try startGateway()
        let log = Record<String>()
        let client = try startClient(gateway, log: log)
        let asked = Record<String>()
        let leave = DispatchSemaphore(value: 0)
        client.setTicketProvider { _ in
            asked.add("older")
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    leave.wait()
                    continuation.resume()
                }
            }
            asked.add("older returns")
            throw Secret()
        }
        try await client.login(userID: "alice", userSig: gateway.sign("alice", seconds: 3600))
        try await moveClock(gateway, minutes: 35, until: client)
        try await eventually("the question") { asked.count == 1 }
        client.setTicketProvider { _ in try gateway.sign("alice", seconds: 36_000) }
        leave.signal()
        try await eventually("its end") { asked.count == 2 }
        await client.unInit()
        XCTAssertFalse(log.all.contains { $0.contains("threw") })
    }
}
