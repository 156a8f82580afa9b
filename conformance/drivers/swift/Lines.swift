// The lines of the protocol (`docs/drivers.md`), and how they are written.

import Foundation

/// The first line.
struct Hello: Encodable {
    let driver = "swift"
    let numbering = "apple"
    /// Swift awaits; no call of its API blocks until a result is there.
    let blocking = false
}

/// One command.
struct Command: Decodable {
    let id: UInt64
    let act: Act

    private enum Keys: CodingKey {
        case id
    }

    init(from decoder: any Decoder) throws {
        id = try decoder.container(keyedBy: Keys.self).decode(UInt64.self, forKey: .id)
        act = try Act(from: decoder)
    }
}

/// What to do. Which fields there are depends on `do`.
final class Act: Decodable, Sendable {
    let `do`: String
    let app: UInt64?
    let settings: [String: String]?
    let user: String?
    let ticket: String?
    let call: String?
    let name: String?
    let event: String?
    let answers: [Answer]?
    let then: Act?
}

/// What the ticket provider answers.
enum Answer: Decodable, Sendable {
    case ticket(String)
    case error(String)
    case hang

    private enum Keys: CodingKey {
        case ticket, error
    }

    init(from decoder: any Decoder) throws {
        guard let fields = try? decoder.container(keyedBy: Keys.self) else {
            self = .hang
            return
        }
        if let ticket = try fields.decodeIfPresent(String.self, forKey: .ticket) {
            self = .ticket(ticket)
        } else {
            self = .error(try fields.decode(String.self, forKey: .error))
        }
    }
}

/// The state that the getters give.
struct State: Encodable {
    let status: Int
    let user: String
    let connection: Int
}

/// The answer to a command.
struct Reply: Encodable {
    let reply: UInt64
    let ok: Bool
    let code: Int32?
}

/// What a callback was called with. Absent fields are left out.
struct Event: Encodable {
    let event: String
    var listener: String?
    var call: String?
    var code: Int32?
    var desc: String?
    var reason: String?
    var platform: String?
    var retryable: Bool?
    var inside_call: Bool?

    init(_ event: String) {
        self.event = event
    }
}

/// A line and the state beside it, as one object.
struct Line<Fields: Encodable>: Encodable {
    let fields: Fields
    let state: State?

    func encode(to encoder: any Encoder) throws {
        try fields.encode(to: encoder)
        try state?.encode(to: encoder)
    }
}

/// Standard output: whole lines, one at a time.
final class Output: @unchecked Sendable {
    private let lock = NSLock()

    /// The state is read under the lock, so that lines have the order of what they tell.
    func say(_ fields: some Encodable, with state: () -> State?) {
        lock.lock()
        defer { lock.unlock() }
        guard var line = try? JSONEncoder().encode(Line(fields: fields, state: state())) else { return }
        line.append(UInt8(ascii: "\n"))
        // If the runner is gone, the signal of a broken pipe ends this process.
        FileHandle.standardOutput.write(line)
    }
}
