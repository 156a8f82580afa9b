// A client's events and states as streams, for programs that would rather await them than implement a listener.

/// What streams are made of.
protocol Waiting: Sendable {
    /// Makes room for a new element among those that wait; false if nobody needs it. `last` is the one before it.
    static func makeRoom(in waiting: inout [Self], for new: Self, after last: Self?) -> Bool
}

extension ClientEvent: Waiting {
    /// Of connect events that wait in great number only the newest are kept (C18).
    static func makeRoom(in waiting: inout [Self], for new: Self, after last: Self?) -> Bool {
        if new.isConnectEvent && waiting.count >= eventsWaitingMax {
            waiting.removeAll(where: \.isConnectEvent)
        }
        return true
    }
}

extension ClientState: Waiting {
    /// Only the newest is of interest, and two threads may bring theirs in the wrong order.
    static func makeRoom(in waiting: inout [Self], for new: Self, after last: Self?) -> Bool {
        if let last, last.epoch >= new.epoch { return false }
        waiting = []
        return true
    }
}

/// One stream's elements that wait to be awaited.
final class Receiver<Element: Waiting>: Sendable {
    private struct Queue {
        var elements: [Element] = []
        var last: Element?
        var ended = false
        var news: [CheckedContinuation<Void, Never>] = []
    }

    private let queue = Locked(Queue())

    func add(_ element: Element) {
        change { queue in
            if Element.makeRoom(in: &queue.elements, for: element, after: queue.last) {
                queue.elements.append(element)
                queue.last = element
            }
        }
    }

    func end() {
        change { $0.ended = true }
    }

    /// The next element; `nil` after the end, when all that waited were taken.
    func next() async -> Element? {
        while true {
            let taken = queue.with { queue -> Element?? in
                if !queue.elements.isEmpty { return queue.elements.removeFirst() }
                return queue.ended ? .some(nil) : nil
            }
            if let taken { return taken }
            await news()
        }
    }

    private func news() async {
        await withCheckedContinuation { continuation in
            let isThere = queue.with { queue in
                if !queue.elements.isEmpty || queue.ended { return true }
                queue.news.append(continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func change(_ change: (inout Queue) -> Void) {
        let news = queue.with { queue in
            change(&queue)
            defer { queue.news = [] }
            return queue.news
        }
        // Outside of the lock: whose executor it is, is not known.
        for continuation in news { continuation.resume() }
    }
}

/// The receivers of one client. One whose stream is gone is forgotten.
final class Receivers<Element: Waiting>: Sendable {
    private struct Weak {
        weak var receiver: Receiver<Element>?
    }

    private let receivers = Locked<[Weak]>([])

    /// A new stream, beginning with `first`, which is asked for when no later one can be missed any more.
    func stream(first: @autoclosure () -> Element? = nil) -> AsyncStream<Element> {
        let receiver = Receiver<Element>()
        receivers.with { receivers in
            receivers.removeAll { $0.receiver == nil }
            receivers.append(Weak(receiver: receiver))
        }
        if let first = first() { receiver.add(first) }
        return AsyncStream(unfolding: { await receiver.next() }, onCancel: { receiver.end() })
    }

    func send(_ element: Element) {
        for receiver in live() { receiver.add(element) }
    }

    /// Nothing follows.
    func end() {
        for receiver in forget() { receiver.end() }
    }

    /// Nothing follows. Returns those that the caller has to end.
    func forget() -> [Receiver<Element>] {
        receivers.with { receivers in
            defer { receivers = [] }
            return receivers.compactMap(\.receiver)
        }
    }

    private func live() -> [Receiver<Element>] {
        receivers.with { $0.compactMap(\.receiver) }
    }
}
