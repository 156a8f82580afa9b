// Which thread this is.

import Foundation

struct ThreadID: Equatable {
    private let thread: pthread_t

    static var current: ThreadID {
        ThreadID(thread: pthread_self())
    }

    static func == (one: ThreadID, other: ThreadID) -> Bool {
        pthread_equal(one.thread, other.thread) != 0
    }
}

/// Starts a thread that does not keep the process alive.
func startThread(_ name: String, _ work: @escaping @Sendable () -> Void) {
    let thread = Thread(block: work)
    thread.name = name
    thread.start()
}
