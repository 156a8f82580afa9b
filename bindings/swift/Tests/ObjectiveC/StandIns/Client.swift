// In the place of the client, which needs the library: what V2TIM's names are put over.

public final class Client: Sendable {
    public static let shared = Client()
    public static let version = ""

    func initialize(app: UInt64, config: ClientConfig) throws {}
    func unInit() {}
    func login(userID: String, userSig: String, onResult: @escaping ResultHandler) {}
    func logout(onResult: @escaping ResultHandler) {}
    func add(_ listener: any ClientListener, standsFor target: AnyObject) {}
    func remove(listenerOf target: AnyObject) {}

    var status: LoginStatus { .loggedOut }
    var loginUser: String? { nil }
    var serverTimeMs: UInt64 { 0 }
    var lastError: TesseraError? { nil }
}
