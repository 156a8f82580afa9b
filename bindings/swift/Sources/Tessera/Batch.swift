// A batch of events as the library hands it over, read without the generated converters where that matters.
//
// Those read each number by `Data.copyBytes`, which on Linux is generic code that nobody has specialised: some 200 ns for
// a number, eight numbers for an event. So what comes most, a result without an error, is read here; everything else is
// left to them. `BatchTests` compares both.

import Foundation
internal import TesseraUniFFI
internal import TesseraUniFFIC

/// An event, and who was logged in then.
struct Incoming: Sendable {
    enum Kind: Sendable {
        /// A call has its result.
        case result(call: UInt64, error: ErrorInfo?)
        /// Anything else.
        case other(NativeEventKind)
    }

    let state: ClientState
    /// Which initialisation it belongs to.
    let initialisation: UInt64
    let kind: Kind
}

extension NativeClient {
    /// As `nextEvents`.
    func nextBatch(max: UInt32) -> [Incoming] {
        batch { uniffi_tessera_uniffi_fn_method_client_next_events(uniffiCloneHandle(), max, $0) }
    }

    /// As `waitingEvents`.
    func waitingBatch(max: UInt32) -> [Incoming] {
        batch { uniffi_tessera_uniffi_fn_method_client_waiting_events(uniffiCloneHandle(), max, $0) }
    }

    private func batch(_ call: (UnsafeMutablePointer<RustCallStatus>) -> RustBuffer) -> [Incoming] {
        var status = RustCallStatus()
        let buffer = call(&status)
        // As the generated code, which traps too: a panic of the library is a bug of ours.
        precondition(status.code == 0, "the library has panicked")
        defer { ffi_tessera_uniffi_rustbuffer_free(buffer, &status) }
        var reader = BatchReader(UnsafeRawBufferPointer(start: buffer.data, count: Int(buffer.len)))
        return reader.all()
    }
}

/// Reads UniFFI's form of a sequence of events: numbers have their highest byte first; an option has one byte before it,
/// a variant its number, counted from 1.
struct BatchReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func all() -> [Incoming] {
        let count = Int(number(Int32.self))
        var events: [Incoming] = []
        events.reserveCapacity(count)
        for _ in 0..<count { events.append(event()) }
        return events
    }

    private mutating func event() -> Incoming {
        let epoch = number(UInt64.self)
        let status = loginStatus(number(Int32.self))
        let user = isThere() ? text() : nil
        let initialisation = number(UInt64.self)
        return Incoming(
            state: ClientState(status: status, user: user, epoch: epoch),
            initialisation: initialisation,
            kind: kind()
        )
    }

    private mutating func kind() -> Incoming.Kind {
        let begun = offset
        if number(Int32.self) == 1 {
            let call = number(UInt64.self)
            if !isThere() { return .result(call: call, error: nil) }
        }
        offset = begun
        switch generated() {
        case .completed(let call, let error): return .result(call: call, error: error)
        case let other: return .other(other)
        }
    }

    private mutating func generated() -> NativeEventKind {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        var reader = (data: Data(rest), offset: 0)
        guard let kind = try? FfiConverterTypeEventKind.read(from: &reader) else {
            preconditionFailure("the library and this code are of different releases")
        }
        offset += reader.offset
        return kind
    }

    private func loginStatus(_ variant: Int32) -> LoginStatus {
        switch variant {
        case 1: .loggedOut
        case 2: .loggingIn
        case 3: .loggedIn
        case 4: .loggingOut
        default: preconditionFailure("the library and this code are of different releases")
        }
    }

    private mutating func isThere() -> Bool {
        number(UInt8.self) != 0
    }

    private mutating func text() -> String {
        let count = Int(number(Int32.self))
        defer { offset += count }
        return String(decoding: bytes[offset..<(offset + count)], as: UTF8.self)
    }

    private mutating func number<Number: FixedWidthInteger>(_: Number.Type) -> Number {
        defer { offset += MemoryLayout<Number>.size }
        return Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}
