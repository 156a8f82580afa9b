// Takes a client's events from the library and runs their callbacks on the callback queue, one at a time and in order
// (C18), and stops them at unInit (C9). What a callback is, it does not know.

import Foundation
internal import TesseraUniFFI

/// Who knows what the callback of an event is.
protocol DeliveryHost: AnyObject {
    /// Told the newest state of each batch before any of its callbacks runs.
    func publish(_ state: ClientState)

    /// Runs the callback of an event; `isVoid` says that unInit came before it.
    func deliver(_ kind: Incoming.Kind, isVoid: Bool)
}

final class Delivery: @unchecked Sendable {
    /// How many events are taken at once.
    private static let batch: UInt32 = 1000

    private let native: NativeClient
    private let condition = NSCondition()

    /// Held by a thread of the SDK that has something to run on the callback queue, until it has run. No call of the API
    /// takes it.
    private let turn = NSLock()

    // What follows is guarded by `condition`.
    private weak var host: (any DeliveryHost)?
    private var queue = DispatchQueue.main
    private var inHand: [Incoming] = []
    private var delivered = 0
    /// How many events came in hand, ever.
    private var taken: UInt64 = 0
    /// The thread of the events may take a batch, or has one that is not in hand yet: nobody else takes one then.
    private var isPulling = true
    /// Events of earlier initialisations are void.
    private var initialisation: UInt64 = 0
    private var depth = 0
    private var runningOn: ThreadID?
    /// Counts callbacks that have returned, with those that ran inside them, so that one can wait for a certain one.
    private var returned = 0
    /// How many threads wait for one of these to change.
    private var waiting = 0
    private var hasThread = false

    init(_ native: NativeClient) {
        self.native = native
    }

    /// Begins to deliver, unless it does already. The thread ends with `closeEvents`.
    func start(for host: any DeliveryHost) {
        let isNew = locked {
            defer { hasThread = true }
            self.host = host
            return !hasThread
        }
        if isNew { startThread("tessera-events") { self.pull() } }
    }

    /// Where callbacks run from now on.
    func use(_ queue: DispatchQueue) {
        locked { self.queue = queue }
    }

    /// Whether the caller stands inside a callback of this client.
    var isDeliveringHere: Bool {
        locked { runningOn == .current }
    }

    /// Runs host code that is no event on the callback queue, if it `isWanted` at that moment, and returns when it has run:
    /// log records. For threads of the SDK only.
    func run(if isWanted: () -> Bool, _ callback: () -> Void) {
        onQueue {
            let enters = locked {
                let enters = isWanted()
                if enters { enter() }
                return enters
            }
            guard enters else { return }
            callback()
            locked(leave)
        }
    }

    /// Runs host code that is no event on the callback queue, some time later: at the end of a client, whose events nobody
    /// takes any more.
    func later(_ callback: @escaping @Sendable () -> Void) {
        DispatchQueue.global().async { self.run(if: { true }, callback) }
    }

    // ---- unInit -----------------------------------------------------------------------------------------------------

    /// unInit has been called: nothing of before is delivered any more but results.
    func void(_ ending: Ending) {
        let next = ending.`init`()
        locked { initialisation = max(initialisation, next) }
    }

    /// From inside a callback it returns when it has run what is left, else when the callback that runs has returned; the
    /// results follow on the queue (C9).
    func end(_ ending: Ending) {
        if isDeliveringHere {
            deliverEverything(atLeast: ending.eventsBefore())
        } else {
            awaitRunning(until: deadline(ending))
        }
    }

    /// As the one that blocks, and returns when the results are delivered too, or in time.
    func end(_ ending: Ending) async {
        // One limit for both waits.
        let deadline = deadline(ending)
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                ending.blockUntilDelivered()
                // A log record is no event of the library's.
                self.awaitRunning(until: deadline)
                continuation.resume()
            }
        }
    }

    private func deadline(_ ending: Ending) -> Date {
        Date(timeIntervalSinceNow: Double(ending.withinMs()) / 1000)
    }

    /// Waits until the callback that runs now has returned.
    private func awaitRunning(until deadline: Date) {
        locked {
            let until = depth > 0 ? returned + 1 : returned
            waiting += 1
            while returned < until, condition.wait(until: deadline) {}
            waiting -= 1
        }
    }

    /// Inside a callback: delivers what is left, the first `all` events at least. The thread of the events may be about to
    /// bring some of them; it then waits for this callback, so that there is never more than one that takes.
    private func deliverEverything(atLeast all: UInt64) {
        deliverInHand()
        repeat {
            let isLeft = locked {
                waiting += 1
                while isPulling && taken < all { condition.wait() }
                waiting -= 1
                return isPulling
            }
            if !isLeft { take(native.waitingBatch(max: Delivery.batch)) }
        } while deliverInHand()
    }

    // ---- events -----------------------------------------------------------------------------------------------------

    private func pull() {
        while true {
            locked { isPulling = true }
            let batch = native.nextBatch(max: Delivery.batch)
            take(batch)
            if batch.isEmpty { return }
            onQueue { deliverInHand() }
        }
    }

    private func onQueue(_ work: () -> Void) {
        turn.lock()
        defer { turn.unlock() }
        locked { queue }.sync(execute: work)
    }

    private func take(_ batch: [Incoming]) {
        let host = locked { self.host }
        if let newest = batch.last { host?.publish(newest.state) }
        locked {
            if delivered == inHand.count {
                inHand = batch
                delivered = 0
            } else {
                inHand.append(contentsOf: batch)
            }
            taken += UInt64(batch.count)
            isPulling = false
            if waiting > 0 { condition.broadcast() }
        }
    }

    /// Until nothing is left: a callback may have delivered the rest itself. Whether there was anything.
    @discardableResult
    private func deliverInHand() -> Bool {
        // A client that nobody has any more has no callbacks.
        let host = locked { self.host }
        var next = locked(nextInHand)
        if next == nil { return false }
        while let (event, isVoid) = next {
            host?.deliver(event.kind, isVoid: isVoid)
            next = locked {
                leave()
                return nextInHand()
            }
        }
        return true
    }

    /// The next event, whose callback counts as running from here on; so unInit comes either before it or waits for it.
    private func nextInHand() -> (event: Incoming, isVoid: Bool)? {
        guard delivered < inHand.count else {
            inHand = []
            delivered = 0
            return nil
        }
        let event = inHand[delivered]
        delivered += 1
        enter()
        return (event, event.initialisation < initialisation)
    }

    // ---- with the lock held -----------------------------------------------------------------------------------------

    private func enter() {
        depth += 1
        runningOn = .current
    }

    private func leave() {
        depth -= 1
        if depth > 0 { return }
        runningOn = nil
        returned += 1
        if waiting > 0 { condition.broadcast() }
    }

    private func locked<Result>(_ work: () -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        return work()
    }
}
