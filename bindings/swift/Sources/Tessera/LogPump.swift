// Takes log records from the library's queue, which is of the process, to the listener of the client that was
// initialised last.

import Foundation
internal import TesseraUniFFI

final class LogPump: @unchecked Sendable {
    /// Who gets the records.
    final class Target: Sendable {
        let delivery: Delivery
        let listener: LogListener

        init(_ delivery: Delivery, _ listener: @escaping LogListener) {
            self.delivery = delivery
            self.listener = listener
        }
    }

    static let shared = LogPump()

    /// How many records are taken at once.
    private static let batch: UInt32 = 100

    private let condition = NSCondition()
    private var targets: [Target] = []
    private var hasThread = false

    private init() {}

    /// From now on records go to this one.
    func add(_ target: Target) {
        let isNew = change { targets in
            targets.append(target)
            defer { hasThread = true }
            return !hasThread
        }
        if isNew { startThread("tessera-log") { self.pump() } }
    }

    /// As if it had not been added.
    func remove(_ target: Target) {
        change { $0.removeAll { $0 === target } }
    }

    /// unInit: a client's listener gets nothing any more. Returns what is forgotten: its end is the host's code.
    func forget(_ delivery: Delivery) -> [Target] {
        change { targets in
            let forgotten = targets.filter { $0.delivery === delivery }
            targets.removeAll { $0.delivery === delivery }
            return forgotten
        }
    }

    private func change<Result>(_ change: (inout [Target]) -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        let wasOpen = !targets.isEmpty
        let result = change(&targets)
        if wasOpen == targets.isEmpty {
            if wasOpen { closeLogs() } else { openLogs() }
        }
        condition.broadcast()
        return result
    }

    private var current: Target? {
        condition.lock()
        defer { condition.unlock() }
        return targets.last
    }

    /// Lends nobody a target that may be the last to hold its listener, whose end is the host's code.
    private func isCurrent(_ target: Target) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        return targets.last === target
    }

    private func pump() {
        while true {
            condition.lock()
            while targets.isEmpty { condition.wait() }
            condition.unlock()
            let records = nextLogs(max: LogPump.batch)
            guard let to = current else { continue }
            for record in records {
                to.delivery.run(if: { isCurrent(to) }) {
                    to.listener(record.level.converted, record.text)
                }
            }
        }
    }
}
