// A value behind a lock. Swift's own `Mutex` needs newer systems than this package supports.

import Foundation

final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    /// Uses the value. What runs here must be short and must be no code of the host.
    func with<Result>(_ use: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try use(&value)
    }
}

/// Takes what is not known to be sendable to the callback queue. V2TIM's blocks and listeners are of this kind: nothing
/// but the callback queue ever runs them.
struct Carried<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
