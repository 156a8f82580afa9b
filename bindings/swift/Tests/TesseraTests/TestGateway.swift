// The test gateway: a process that takes lines (`testkit/src/orders.rs`).

import Foundation
import Tessera

struct GatewayError: Error {
    let text: String
}

final class TestGateway: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let lock = NSLock()
    private var read = Data()

    /// The app.
    private(set) var app: UInt64 = 0

    init() throws {
        guard let program = ProcessInfo.processInfo.environment["TESSERA_TEST_GATEWAY"] else {
            throw GatewayError(text: "TESSERA_TEST_GATEWAY names no program; `cargo xtask test swift` does")
        }
        process.executableURL = URL(fileURLWithPath: program)
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        app = UInt64(try answer()) ?? 0
    }

    /// The process ends with its input.
    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// A line, and the answer to it.
    @discardableResult
    func say(_ line: String) throws -> String {
        lock.lock()
        defer { lock.unlock() }
        input.fileHandleForWriting.write(Data("\(line)\n".utf8))
        return try answer()
    }

    /// A ticket of a user.
    func sign(_ user: String, seconds: Int = 3600) throws -> String {
        try say("sign \(user) \(seconds)")
    }

    /// When the ticket of a user's session expires, as Unix milliseconds.
    func expiry(of user: String) throws -> UInt64 {
        UInt64(try say("expires \(user)")) ?? 0
    }

    /// What reaches the gateway, through a network of its own if it has a name.
    func config(network: String = "") throws -> ClientConfig {
        var config = ClientConfig()
        config.serverUrl = try say("url \(network)")
        config.allowPlain = true
        config.reconnectDelayMinMs = 10
        config.reconnectDelayMaxMs = 50
        return config
    }

    private func answer() throws -> String {
        let line = try self.line()
        if line.hasPrefix("ok") { return String(line.dropFirst(3)) }
        throw GatewayError(text: line)
    }

    private func line() throws -> String {
        while true {
            if let end = read.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: read[..<end], as: UTF8.self)
                read = Data(read[read.index(after: end)...])
                return line
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw GatewayError(text: "the test gateway has ended") }
            read.append(more)
        }
    }
}

#if !(os(macOS) || os(Linux))
/// In the place of Foundation's, which systems have that let an app start no program.
private final class Process {
    var executableURL: URL?
    var standardInput: Any?
    var standardOutput: Any?

    func run() throws {
        throw GatewayError(text: "no program can be started here")
    }

    func waitUntilExit() {}
}
#endif
