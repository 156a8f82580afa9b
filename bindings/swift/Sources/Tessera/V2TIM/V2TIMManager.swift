// V2TIM's manager, as Swift sees the vendor's Objective-C, and under the names of the vendor's Swift package. It only gives
// these names and shapes to the shared client.

/// A call has succeeded.
public typealias V2TIMSucc = () -> Void

/// A call has failed: the number of `docs/error-codes.md`, and a sentence without tickets.
public typealias V2TIMFail = (_ code: Int32, _ desc: String?) -> Void

/// The shared client under V2TIM's names.
public final class V2TIMManager: Sendable {
    private static let instance = V2TIMManager()
    private static let millisecondsPerSecond: UInt64 = 1000

    /// The client under it, for what V2TIM has no name for.
    public let client = Client.shared

    private init() {}

    /// The one manager.
    public class func sharedInstance() -> V2TIMManager! {
        instance
    }

    /// The one manager, under the name of the vendor's Swift package.
    public static var shared: V2TIMManager { instance }

    /// Initialises; false on failure, with the reason in ``lastError``. True again with the same app: the first
    /// configuration is kept.
    @discardableResult
    public func initSDK(_ sdkAppID: Int32, config: V2TIMSDKConfig!) -> Bool {
        do {
            // There are no negative ones at the boundary; 0 is refused there.
            try client.initialize(app: UInt64(max(sdkAppID, 0)), config: config?.settings ?? ClientConfig())
            return true
        } catch {
            return false
        }
    }

    /// As ``initSDK(_:config:)``, under the name of the vendor's Swift package.
    @discardableResult
    public func initSDK(sdkAppID: Int32, config: V2TIMSDKConfig!) -> Bool {
        initSDK(sdkAppID, config: config)
    }

    /// As ``initSDK(_:config:)``, and adds a listener before.
    @available(*, deprecated, message: "use initSDK(_:config:) and addIMSDKListener(listener:)")
    @discardableResult
    public func initSDK(_ sdkAppID: Int32, config: V2TIMSDKConfig!, listener: (any V2TIMSDKListener)?) -> Bool {
        if let listener { addIMSDKListener(listener: listener) }
        return initSDK(sdkAppID, config: config)
    }

    /// Why the last `initSDK` was false; `nil` if it was true.
    public var lastError: TesseraError? { client.lastError }

    /// Ends everything; see ``Client/unInit()``.
    public func unInitSDK() {
        client.unInit()
    }

    /// Logs in. Status and user are the new ones when it returns; `succ` or `fail` is called later.
    public func login(userID: String!, userSig: String!, succ: V2TIMSucc?, fail: V2TIMFail?) {
        client.login(userID: userID ?? "", userSig: userSig ?? "", onResult: handler(succ, fail))
    }

    /// As ``login(userID:userSig:succ:fail:)``, under the name of earlier releases.
    public func login(_ userID: String!, userSig: String!, succ: V2TIMSucc?, fail: V2TIMFail?) {
        login(userID: userID, userSig: userSig, succ: succ, fail: fail)
    }

    /// Logs out. It succeeds when nobody is logged in, and whatever the network does.
    public func logout(succ: V2TIMSucc?, fail: V2TIMFail?) {
        client.logout(onResult: handler(succ, fail))
    }

    /// As ``logout(succ:fail:)``, under the name of earlier releases. A call whose blocks trail could mean both.
    @_disfavoredOverload
    public func logout(_ succ: V2TIMSucc?, fail: V2TIMFail?) {
        logout(succ: succ, fail: fail)
    }

    /// The user, or `nil` unless logged in. Reads a field.
    public func getLoginUser() -> String! {
        client.loginUser
    }

    /// Whether somebody is logged in. Reads a field.
    public func getLoginStatus() -> V2TIMLoginStatus {
        V2TIMLoginStatus(client.status)
    }

    /// Adds a listener, before or after init. The same one twice counts once. It is held weakly, as V2TIM holds it: when
    /// nobody else has it, it is gone. unInitSDK forgets it.
    public func addIMSDKListener(listener: (any V2TIMSDKListener)!) {
        guard let listener else { return }
        client.add(SDKListenerAdapter(listener), standsFor: listener)
    }

    /// As ``addIMSDKListener(listener:)``, under the name of earlier releases.
    public func addIMSDKListener(_ listener: (any V2TIMSDKListener)!) {
        addIMSDKListener(listener: listener)
    }

    /// Removes a listener. When it returns, no callback of it runs, except the one that this was called from.
    public func removeIMSDKListener(listener: (any V2TIMSDKListener)!) {
        guard let listener else { return }
        client.remove(listenerOf: listener)
    }

    /// As ``removeIMSDKListener(listener:)``, under the name of earlier releases.
    public func removeIMSDKListener(_ listener: (any V2TIMSDKListener)!) {
        removeIMSDKListener(listener: listener)
    }

    /// Version of the SDK.
    public func getVersion() -> String! {
        Client.version
    }

    /// Gateway time in seconds of Unix time; 0 until the gateway told it since init.
    public func getServerTime() -> UInt64 {
        client.serverTimeMs / V2TIMManager.millisecondsPerSecond
    }

    private func handler(_ succ: V2TIMSucc?, _ fail: V2TIMFail?) -> ResultHandler {
        let blocks = Carried((succ: succ, fail: fail))
        return { error in
            if let error {
                blocks.value.fail?(error.code, error.desc)
            } else {
                blocks.value.succ?()
            }
        }
    }
}
