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
    private var target: Target?
    private var hasThread = false

    private init() {}

    /// From now on records go to `next`; returns who had them.
    @discardableResult
    func replace(_ next: Target?) -> Target? {
        condition.lock()
        let before = target
        target = next
        if next != nil { openLogs() } else if before != nil { closeLogs() }
        let isNew = next != nil && !hasThread
        hasThread = hasThread || isNew
        condition.broadcast()
        condition.unlock()
        if isNew { startThread("tessera-log") { self.pump() } }
        return before
    }

    /// unInit: a client's listener gets nothing any more.
    func forget(_ delivery: Delivery) {
        if current?.delivery === delivery { replace(nil) }
    }

    private var current: Target? {
        condition.lock()
        defer { condition.unlock() }
        return target
    }

    private func pump() {
        while true {
            condition.lock()
            while target == nil { condition.wait() }
            condition.unlock()
            let records = nextLogs(max: LogPump.batch)
            guard let to = current else { continue }
            for record in records {
                to.delivery.run(if: { self.current === to }) {
                    to.listener(record.level.converted, record.text)
                }
            }
        }
    }
}
