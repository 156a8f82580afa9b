// A result that one task awaits, and that comes from elsewhere: the first that comes is the one.

final class Awaited: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Void, any Error>)
        case finished(Result<Void, any Error>)
    }

    private let state = Locked(State.open)

    func finish(_ result: Result<Void, any Error>) {
        let continuation = state.with { state -> CheckedContinuation<Void, any Error>? in
            if case .finished = state { return nil }
            defer { state = .finished(result) }
            if case .awaited(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume(with: result)
    }

    /// To be awaited once.
    var value: Void {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.with { state -> Result<Void, any Error>? in
                    if case .finished(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        }
    }
}
