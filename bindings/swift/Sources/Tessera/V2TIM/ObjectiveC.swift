// V2TIM for Objective-C, under the documented selectors: the same as `V2TIMManager` and its types, which Swift has.
// Their names begin with `ObjC` in Swift and are V2TIM's in Objective-C. Never run here, because it needs an Apple platform;
// `Tests/ObjectiveC` checks its types, and an app that uses it.

#if canImport(ObjectiveC)

import Foundation

/// The events of the connection and the session, all optional.
@objc(V2TIMSDKListener)
public protocol ObjCV2TIMSDKListener: NSObjectProtocol {
    /// The connection is being made, at first or again.
    @objc optional func onConnecting()

    /// The connection is there.
    @objc optional func onConnectSuccess()

    /// A try to connect has failed; the next follows by itself.
    @objc(onConnectFailed:err:) optional func onConnectFailed(_ code: Int32, err: String?)

    /// Somebody else ended the session: the user is logged out.
    @objc optional func onKickedOffline()

    /// As `onKickedOffline`, with the reason. One of the two is called: this one, where a listener has it. V2TIM has no such
    /// event.
    @objc(onKickedOfflineEx:) optional func onKickedOfflineEx(_ kick: ObjCKick)

    /// The ticket has expired: the user is logged out. Get a new one and log in.
    @objc optional func onUserSigExpired()

    /// Never fires: profiles are outside the session layer.
    @objc(onSelfInfoUpdated:) optional func onSelfInfoUpdated(_ info: ObjCV2TIMUserFullInfo)

    /// Never fires: presence is outside the session layer.
    @objc(onUserStatusChanged:) optional func onUserStatusChanged(_ userStatusList: [ObjCV2TIMUserStatus])

    /// Never fires: profiles are outside the session layer.
    @objc(onUserInfoChanged:) optional func onUserInfoChanged(_ userInfoList: [ObjCV2TIMUserFullInfo])

    /// Never fires: messages are outside the session layer.
    @objc(onAllReceiveMessageOptChanged:)
    optional func onAllReceiveMessageOptChanged(_ receiveMessageOptInfo: ObjCV2TIMReceiveMessageOptInfo)

    /// Never fires: there is no experimental API here.
    @objc(onExperimentalNotify:param:) optional func onExperimentalNotify(_ key: String, param: NSObject?)
}

/// Why somebody else ended the session. V2TIM has no such thing.
@objc(TesseraKick)
public final class ObjCKick: NSObject {
    private let kick: Kick

    fileprivate init(_ kick: Kick) {
        self.kick = kick
    }

    /// Why: `policy`, `admin`, `revoked`, `disabled`, `ticketRefused` or `other`.
    @objc public var reason: String { "\(kick.reason)" }

    /// The platform of the device that took the place, for a kick by policy; else `nil`.
    @objc public var platform: String? { kick.platform?.rawValue }

    /// When, in gateway time as Unix milliseconds.
    @objc public var atMs: UInt64 { kick.atMs }

    /// The gateway's code, where the ticket was refused at a resume; else 0.
    @objc public var code: Int32 { kick.code ?? 0 }
}

/// Why a call failed. V2TIM has no such thing.
@objc(TesseraError)
public final class ObjCError: NSObject {
    private let error: TesseraError

    fileprivate init(_ error: TesseraError) {
        self.error = error
    }

    /// One of `V2TIMErrorCode`.
    @objc public var code: Int32 { error.code }

    /// A sentence for a person, without tickets.
    @objc public var desc: String { error.desc }

    /// Whether the same call can succeed later without a change.
    @objc public var isRetryable: Bool { error.isRetryable }
}

/// A profile of V2TIM. It is outside the session layer, so there is never a value of it.
@objc(V2TIMUserFullInfo)
public final class ObjCV2TIMUserFullInfo: NSObject {
    private override init() {}
}

/// A presence of V2TIM. It is outside the session layer, so there is never a value of it.
@objc(V2TIMUserStatus)
public final class ObjCV2TIMUserStatus: NSObject {
    private override init() {}
}

/// A message setting of V2TIM. It is outside the session layer, so there is never a value of it.
@objc(V2TIMReceiveMessageOptInfo)
public final class ObjCV2TIMReceiveMessageOptInfo: NSObject {
    private override init() {}
}

/// What V2TIMManager is initialised with.
@objc(V2TIMSDKConfig)
public final class ObjCV2TIMSDKConfig: NSObject {
    fileprivate let config = V2TIMSDKConfig()

    /// The lowest level of what is logged.
    @objc public var logLevel: V2TIMLogLevel {
        get { config.logLevel }
        set { config.logLevel = newValue }
    }

    /// Who is told what is logged; `nil` for nobody.
    @objc public var logListener: V2TIMLogListener? {
        get { config.logListener }
        set { config.logListener = newValue }
    }

    /// Where callbacks run; `nil` for the main queue.
    @objc public var callbackQueue: DispatchQueue? {
        get { config.callbackQueue }
        set { config.callbackQueue = newValue }
    }

    /// Sets any setting of `docs/settings.md` by its name.
    @objc(setSetting:value:) public func set(_ name: String, value: String) {
        config.set(name, value)
    }
}

/// The shared client under V2TIM's names.
@objc(V2TIMManager)
public final class ObjCV2TIMManager: NSObject, Sendable {
    private static let instance = ObjCV2TIMManager()

    private var manager: V2TIMManager { V2TIMManager.sharedInstance() }

    private override init() {}

    /// The one manager.
    @objc public class func sharedInstance() -> ObjCV2TIMManager {
        instance
    }

    /// Initialises; NO on failure. YES again with the same app: the first configuration is kept.
    @objc(initSDK:config:)
    @discardableResult
    public func initSDK(_ sdkAppID: Int32, config: ObjCV2TIMSDKConfig?) -> Bool {
        manager.initSDK(sdkAppID, config: config?.config)
    }

    /// As `initSDK:config:`, and adds a listener before.
    @available(*, deprecated, message: "use initSDK:config: and addIMSDKListener:")
    @objc(initSDK:config:listener:)
    @discardableResult
    public func initSDK(_ sdkAppID: Int32, config: ObjCV2TIMSDKConfig?, listener: (any ObjCV2TIMSDKListener)?) -> Bool {
        if let listener { addIMSDKListener(listener) }
        return initSDK(sdkAppID, config: config)
    }

    /// Why the last `initSDK` was NO; `nil` if it was YES. V2TIM has no such thing.
    @objc public var lastError: ObjCError? { manager.lastError.map(ObjCError.init) }

    /// Ends everything.
    @objc public func unInitSDK() {
        manager.unInitSDK()
    }

    /// Logs in. Status and user are the new ones when it returns; `succ` or `fail` is called later.
    @objc(login:userSig:succ:fail:)
    public func login(_ userID: String?, userSig: String?, succ: V2TIMSucc?, fail: V2TIMFail?) {
        manager.login(userID: userID, userSig: userSig, succ: succ, fail: fail)
    }

    /// Logs out. It succeeds when nobody is logged in, and whatever the network does.
    @objc(logout:fail:)
    public func logout(_ succ: V2TIMSucc?, fail: V2TIMFail?) {
        manager.logout(succ: succ, fail: fail)
    }

    /// The user, or `nil` unless logged in.
    @objc public func getLoginUser() -> String? {
        manager.getLoginUser()
    }

    /// Whether somebody is logged in.
    @objc public func getLoginStatus() -> V2TIMLoginStatus {
        manager.getLoginStatus()
    }

    /// Adds a listener, before or after init. The same one twice counts once. It is held weakly.
    @objc(addIMSDKListener:)
    public func addIMSDKListener(_ listener: any ObjCV2TIMSDKListener) {
        manager.client.add(ObjCListenerAdapter(listener), standsFor: listener)
    }

    /// Removes a listener. When it returns, no callback of it runs, except the one that this was called from.
    @objc(removeIMSDKListener:)
    public func removeIMSDKListener(_ listener: any ObjCV2TIMSDKListener) {
        manager.client.remove(listenerOf: listener)
    }

    /// Version of the SDK.
    @objc public func getVersion() -> String {
        manager.getVersion()
    }

    /// Gateway time in seconds of Unix time; 0 until the gateway told it since init.
    @objc public func getServerTime() -> UInt64 {
        manager.getServerTime()
    }
}

/// A listener of Objective-C as a listener of the Swift face.
private final class ObjCListenerAdapter: ClientListener {
    private weak var listener: (any ObjCV2TIMSDKListener)?

    init(_ listener: any ObjCV2TIMSDKListener) {
        self.listener = listener
    }

    func onConnecting() {
        listener?.onConnecting?()
    }

    func onConnectSuccess() {
        listener?.onConnectSuccess?()
    }

    func onConnectFailed(_ error: TesseraError) {
        listener?.onConnectFailed?(error.code, err: error.desc)
    }

    func onKickedOffline(_ kick: Kick) {
        guard let listener else { return }
        if let tell = listener.onKickedOfflineEx {
            tell(ObjCKick(kick))
        } else {
            listener.onKickedOffline?()
        }
    }

    func onUserSigExpired() {
        listener?.onUserSigExpired?()
    }
}

#endif
