// Who listens (C19): any number, each once, and none that is called after its removal has returned.

import Foundation

final class Listeners: @unchecked Sendable {
    /// A listener, and the object that says whether two are the same: an adapter stands for another object, which it does
    /// not keep.
    struct Entry {
        let key: ObjectIdentifier
        let listener: any ClientListener
        /// Of its adding: who is removed and added again hears the next event, not the one under way.
        fileprivate var number = 0
        private weak var target: AnyObject?

        init(_ listener: any ClientListener, standsFor target: AnyObject) {
            key = ObjectIdentifier(target)
            self.listener = listener
            self.target = target
        }

        /// Not to be asked under a lock: whoever looks at a weak reference may become the last to hold its object, and what
        /// that does at its end is the host's code.
        var isGone: Bool { target == nil }
    }

    private let condition = NSCondition()
    private var entries: [Entry] = []
    /// How many were added, ever.
    private var added = 0

    /// Whose callbacks run now, each inside the one before, and on which thread.
    private var running: [(key: ObjectIdentifier, thread: ThreadID)] = []

    func add(_ entry: Entry) {
        forgetThoseThatAreGone()
        condition.lock()
        defer { condition.unlock() }
        if entries.contains(where: { $0.key == entry.key }) { return }
        var entry = entry
        entry.number = added
        added += 1
        entries.append(entry)
    }

    /// Before one is added, because it may lie where another one has lain, and have its key.
    private func forgetThoseThatAreGone() {
        condition.lock()
        let all = entries
        condition.unlock()
        let gone = all.filter(\.isGone)
        if gone.isEmpty { return }
        condition.lock()
        defer { condition.unlock() }
        entries.removeAll { entry in gone.contains { $0.listener === entry.listener } }
    }

    /// When it returns, no call on the listener is running or will start, except the one that it was called from. So it
    /// waits for a callback that runs on another thread.
    func remove(_ target: AnyObject) {
        let key = ObjectIdentifier(target)
        condition.lock()
        let removed = entries.filter { $0.key == key }
        entries.removeAll { $0.key == key }
        while running.contains(where: { $0.key == key && $0.thread != .current }) {
            condition.wait()
        }
        condition.unlock()
        // Its last reference may be this one, and what it does at its end is the host's code.
        withExtendedLifetime(removed) {}
    }

    /// Removes all of them, without waiting. Returns them: what they do at their end is the host's code.
    func clear() -> [Entry] {
        condition.lock()
        defer { condition.unlock() }
        defer { entries = [] }
        return entries
    }

    /// Calls each in the order of their adding. One that is removed meanwhile is not called.
    func each(_ call: (any ClientListener) -> Void) {
        condition.lock()
        let all = entries
        condition.unlock()
        for entry in all where begin(entry) {
            call(entry.listener)
            end()
        }
    }

    private func begin(_ entry: Entry) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard entries.contains(where: { $0.number == entry.number }) else { return false }
        running.append((entry.key, .current))
        return true
    }

    private func end() {
        condition.lock()
        running.removeLast()
        condition.broadcast()
        condition.unlock()
    }
}
