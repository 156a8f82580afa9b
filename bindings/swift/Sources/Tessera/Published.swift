// Status and user, the newest, where getters read them without a call of the library.

internal import TesseraAtomics

final class Published: @unchecked Sendable {
    /// The status, for readers that take no lock.
    private let tag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    private let newest = Locked(ClientState(status: .loggedOut, user: nil, epoch: 0))

    init() {
        tag.initialize(to: LoginStatus.loggedOut.tag)
    }

    deinit {
        tag.deallocate()
    }

    /// One load.
    var status: LoginStatus {
        LoginStatus(tag: tessera_atomic_load(tag))
    }

    var user: String? {
        // Without a lock for those who are not logged in.
        status == .loggedIn ? state.user : nil
    }

    var state: ClientState {
        newest.with { $0 }
    }

    /// Keeps the state if it is newer; false if it is not.
    func publish(_ state: ClientState) -> Bool {
        newest.with { newest in
            guard state.epoch > newest.epoch else { return false }
            newest = state
            // Under the lock, so that the two never contradict each other for long.
            tessera_atomic_store(tag, state.status.tag)
            return true
        }
    }
}

extension LoginStatus {
    fileprivate var tag: Int32 {
        switch self {
        case .loggedOut: 0
        case .loggingIn: 1
        case .loggedIn: 2
        case .loggingOut: 3
        }
    }

    fileprivate init(tag: Int32) {
        switch tag {
        case 1: self = .loggingIn
        case 2: self = .loggedIn
        case 3: self = .loggingOut
        default: self = .loggedOut
        }
    }
}
