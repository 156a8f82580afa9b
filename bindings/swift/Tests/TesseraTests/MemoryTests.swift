// Many logins and logouts: memory stays flat.

import Dispatch
import Foundation
import Tessera
import XCTest

final class MemoryTests: TestCase {
    /// Hears of everything and keeps nothing.
    private final class Counting: ClientListener, @unchecked Sendable {
        private let count = Shared(0)

        func onConnecting() {
            count.with { $0 += 1 }
        }

        func onConnectSuccess() {
            count.with { $0 += 1 }
        }
    }

    /// Not the main queue: the loop with which XCTest waits for an asynchronous test grows with what it has run.
    private let queue = DispatchQueue(label: "callbacks")

    func testMemoryStaysFlatOverLoginsAndLogouts() async throws {
        let cycles = isFull ? 100_000 : 10_000
        let gateway = try startGateway()
        let client = try startClient(gateway) { $0.callbackQueue = queue }
        client.addListener(Counting())
        let ticket = try gateway.sign("alice", seconds: 86_400)
        func cycle(_ count: Int) async throws {
            for _ in 0..<count {
                try await client.login(userID: "alice", userSig: ticket)
                try await client.logout()
            }
        }
        // Until caches and pools have their size.
        try await cycle(cycles / 4)
        let before = try residentKilobytes()
        try await cycle(cycles)
        let after = try residentKilobytes()
        print("memory: \(before) KB after \(cycles / 4) cycles, \(after) KB after \(cycles) more")
        // A leak of a hundred bytes a cycle would be more than twice this.
        XCTAssertLessThan(after - before, 256 + cycles / 50)
    }

    func testMemoryStaysFlatOverClients() async throws {
        let clients = isFull ? 10_000 : 500
        let gateway = try startGateway()
        func play(_ count: Int) async throws {
            for _ in 0..<count {
                let client = try startClient(gateway) { $0.callbackQueue = queue }
                client.addListener(Counting())
                try await client.login(userID: "alice", userSig: gateway.sign("alice"))
                await client.unInit()
            }
        }
        try await play(clients / 2)
        let before = try residentKilobytes()
        try await play(clients)
        let after = try residentKilobytes()
        print("memory: \(before) KB after \(clients / 2) clients, \(after) KB after \(clients) more")
        XCTAssertLessThan(after - before, 2048 + clients)
    }

    private func residentKilobytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        let number = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
        return try XCTUnwrap(number.flatMap { Int($0) }, "there is no RssAnon")
    }
}
