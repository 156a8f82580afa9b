// The world around the app, which is no part of it: a gateway, and the property list that names its address. An Xcode
// project has the key `TesseraServerUrl` in its Info.plist instead.

import Foundation

struct WorldError: Error {
    let text: String
}

/// The test gateway: a process that takes lines.
final class World {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private(set) var sdkAppID: Int32 = 0

    init() throws {
        guard let program = ProcessInfo.processInfo.environment["TESSERA_TEST_GATEWAY"] else {
            throw WorldError(text: "TESSERA_TEST_GATEWAY must name the program tessera-test-gateway")
        }
        process.executableURL = URL(fileURLWithPath: program)
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        sdkAppID = Int32(try answer()) ?? 0
    }

    /// Writes the property list beside the program, where a bundle has it. Has to come before anybody reads it.
    func writePropertyList() throws {
        let keys: [String: Any] = ["TesseraServerUrl": try say("url phone"), "TesseraAllowPlain": true]
        let data = try PropertyListSerialization.data(fromPropertyList: keys, format: .xml, options: 0)
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        try data.write(to: program.deletingLastPathComponent().appendingPathComponent("Info.plist"))
    }

    /// What the app's server does.
    func userSig(_ userID: String) -> String {
        (try? say("sign \(userID) 3600")) ?? ""
    }

    /// A ticket that the app has kept for too long: it was good for a minute, two minutes ago.
    func oldUserSig(_ userID: String) throws -> String {
        let now = Int(try say("now")) ?? 0
        return try say("sign \(userID) 60 \(now - 120_000)")
    }

    /// Time passes, for the gateway and those who are connected to it.
    func pass(minutes: Int) throws {
        try say("clock \(minutes * 60_000)")
    }

    /// What an operator does, or a second device.
    func kick(_ userID: String) throws {
        try say("kick \(userID)")
    }

    /// The phone loses its connection.
    func cutNetwork() throws {
        try say("fault phone cut")
    }

    @discardableResult
    private func say(_ line: String) throws -> String {
        input.fileHandleForWriting.write(Data("\(line)\n".utf8))
        return try answer()
    }

    private func answer() throws -> String {
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let byte = output.fileHandleForReading.readData(ofLength: 1)
            if byte.isEmpty {
                throw WorldError(text: "the test gateway has ended")
            }
            line.append(byte)
        }
        let text = String(decoding: line.dropLast(), as: UTF8.self)
        guard text.hasPrefix("ok") else { throw WorldError(text: text) }
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
        throw WorldError(text: "no program can be started here")
    }

    func waitUntilExit() {}
}
#endif
