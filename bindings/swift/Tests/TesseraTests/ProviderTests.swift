// The ticket provider (C15): what it throws hurts nobody, and a question is dropped with it.

import Foundation
import Tessera
import XCTest

final class ProviderTests: TestCase {
    private struct Secret: Error {
        let text = "a text that may hold a ticket"
    }

    /// A client that asks often: tickets live for 2 s.
    private func startClient(_ gateway: TestGateway) throws -> Client {
        try startClient(gateway) { config in
            config.ticketRenewPercent = 10
            config.ticketRenewJitterPercent = 0
            config.ticketRequestIntervalMs = 10
            config.ticketRetryMinMs = 10
            config.ticketRetryMaxMs = 10
        }
    }

    func testItRenewsTheTicketUnderTheSession() async throws {
        let gateway = try startGateway()
        let client = try startClient(gateway)
        let recorder = Recorder()
        client.addListener(recorder)
        let asked = Record<String>()
        client.setTicketProvider { user in
            asked.add(user)
            return try gateway.sign(user, seconds: 3600)
        }
        try await client.login(userID: "alice", userSig: gateway.sign("alice", seconds: 2))
        try await eventually("the question") { asked.count == 1 }
        try await Task.sleep(nanoseconds: 2_200_000_000)
        XCTAssertEqual(client.loginUser, "alice")
        XCTAssertEqual(asked.all, ["alice"])
        XCTAssertFalse(recorder.names.all.contains("expired"))
    }

    func testWhatItThrowsEndsNoSessionAndIsNotLogged() async throws {
        let gateway = try startGateway()
        let log = Record<String>()
        let client = try startClient(gateway) { config in
            config.ticketRenewPercent = 10
            config.ticketRequestIntervalMs = 10
            config.ticketRetryMinMs = 10
            config.ticketRetryMaxMs = 10
            config.logListener = { _, text in log.add(text) }
        }
        let asked = Record<Bool>()
        client.setTicketProvider { _ in
            asked.add(true)
            throw Secret()
        }
        try await client.login(userID: "alice", userSig: gateway.sign("alice", seconds: 3))
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
        try await client.login(userID: "alice", userSig: gateway.sign("alice", seconds: 4))
        try await eventually("the question") { steps.count == 1 }
        client.setTicketProvider(nil)
        try await eventually("the cancellation") { steps.all == ["asked", "cancelled"] }
        await client.unInit()
    }
}
