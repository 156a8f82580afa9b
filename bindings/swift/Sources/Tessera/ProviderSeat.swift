// The ticket provider of a client, and the question that it works on (C15).

internal import TesseraUniFFI

final class ProviderSeat: Sendable {
    struct Seated {
        fileprivate var provider: TicketProvider?
        fileprivate(set) var question: Task<Void, Never>?
        /// Rises with each change of provider.
        fileprivate var changes = 0
    }

    private let seated = Locked(Seated())

    /// Replaces the provider. Returns the older one with the question that it works on, which the caller has to cancel.
    func set(_ provider: TicketProvider?) -> Seated {
        seated.with { seated in
            defer { seated = Seated(provider: provider, changes: seated.changes + 1) }
            return seated
        }
    }

    /// Asks in a task of its own; the answer goes to the client, unless the question is dropped first.
    func ask(_ native: NativeClient, request: UInt64, user: String) {
        let (provider, changes) = seated.with { ($0.provider, $0.changes) }
        guard let provider else {
            return native.provideError(request: request, reason: "there is no ticket provider")
        }
        let question = Task.detached {
            do {
                let ticket = try await provider(user)
                // Of a question that was dropped nobody wants to know.
                if Task.isCancelled { return }
                native.provideTicket(request: request, ticket: ticket)
            } catch {
                if Task.isCancelled { return }
                // The message is the host's and may hold anything, a ticket too.
                reportFailure(text: "the ticket provider threw \(type(of: error))")
                native.provideError(request: request, reason: "the ticket provider failed")
            }
        }
        // Nobody waits for the answer to the question before; nor to this one if its provider was replaced meanwhile.
        let forgotten = seated.with { seated -> Task<Void, Never>? in
            guard seated.changes == changes else { return question }
            defer { seated.question = question }
            return seated.question
        }
        forgotten?.cancel()
    }
}
