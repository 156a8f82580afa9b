// The test gateway: a process that takes lines (`testkit/src/orders.rs`).

import Foundation
import TesseraUniFFI

struct Failed: Error, CustomStringConvertible {
    let description: String

    init(_ what: String) {
        description = what
    }
}

final class Gateway {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private(set) var app: UInt64 = 0

    init() throws {
        guard let program = ProcessInfo.processInfo.environment["TESSERA_TEST_GATEWAY"] else {
            throw Failed("TESSERA_TEST_GATEWAY names no program; `cargo xtask bench swift` does")
        }
        process.executableURL = URL(fileURLWithPath: program)
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        app = UInt64(try answer()) ?? 0
    }

    func settings() throws -> [Setting] {
        let url = try say("url")
        return [Setting(name: "server_url", value: url), Setting(name: "allow_plain", value: "true")]
    }

    func sign(_ user: String) throws -> String {
        try say("sign \(user) 3600")
    }

    /// The process ends with its input.
    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private func say(_ line: String) throws -> String {
        input.fileHandleForWriting.write(Data("\(line)\n".utf8))
        return try answer()
    }

    private func answer() throws -> String {
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let byte = output.fileHandleForReading.readData(ofLength: 1)
            if byte.isEmpty {
                throw Failed("the test gateway has ended")
            }
            line.append(byte)
        }
        let text = String(decoding: line.dropLast(), as: UTF8.self)
        guard text.hasPrefix("ok") else { throw Failed(text) }
        return String(text.dropFirst(3))
    }
}

#if !(os(macOS) || os(Linux))
/// In the place of Foundation's, which systems have that let an app start no program.
private final class Process {
    var executableURL: URL?
    var standardInput: Any?
    var standardOutput: Any?

    func run() throws {
        throw Failed("no program can be started here")
    }

    func waitUntilExit() {}
}
#endif
