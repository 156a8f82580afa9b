// V2TIM's listener: every event that its documentation names, all optional.

import Foundation

/// The events of the connection and the session. Every method has an empty body: implement those that matter. They are
/// called one at a time, in order, on the callback queue.
public protocol V2TIMSDKListener: AnyObject {
    /// The connection is being made, at first or again.
    func onConnecting()

    /// The connection is there.
    func onConnectSuccess()

    /// A try to connect has failed; the next follows by itself.
    func onConnectFailed(_ code: Int32, err: String!)

    /// As ``onConnectFailed(_:err:)``, under the name of the vendor's Swift package. One of the two is called: this one,
    /// where a listener has it.
    func onConnectFailed(code: Int32, err: String)

    /// Somebody else ended the session: the user is logged out.
    func onKickedOffline()

    /// As ``onKickedOffline()``, with the reason. One of the two is called: this one, where a listener has it. V2TIM has no
    /// such event.
    func onKickedOfflineEx(_ kick: Kick)

    /// The ticket has expired: the user is logged out. Get a new one and log in.
    func onUserSigExpired()

    /// Never fires: profiles are outside the session layer.
    func onSelfInfoUpdated(info: V2TIMUserFullInfo!)

    /// Never fires: presence is outside the session layer.
    func onUserStatusChanged(userStatusList: [V2TIMUserStatus]!)

    /// Never fires: profiles are outside the session layer.
    func onUserInfoChanged(userInfoList: [V2TIMUserFullInfo]!)

    /// Never fires: messages are outside the session layer.
    func onAllReceiveMessageOptChanged(receiveMessageOptInfo: V2TIMReceiveMessageOptInfo!)

    /// Never fires: there is no experimental API here.
    func onExperimentalNotify(key: String!, param: NSObject!)
}

extension V2TIMSDKListener {
    /// Does nothing.
    public func onConnecting() {}

    /// Does nothing.
    public func onConnectSuccess() {}

    /// Does nothing.
    public func onConnectFailed(_ code: Int32, err: String!) {}

    /// Calls ``onConnectFailed(_:err:)``.
    public func onConnectFailed(code: Int32, err: String) {
        onConnectFailed(code, err: err)
    }

    /// Does nothing.
    public func onKickedOffline() {}

    /// Calls ``onKickedOffline()``.
    public func onKickedOfflineEx(_ kick: Kick) {
        onKickedOffline()
    }

    /// Does nothing.
    public func onUserSigExpired() {}

    /// Does nothing.
    public func onSelfInfoUpdated(info: V2TIMUserFullInfo!) {}

    /// Does nothing.
    public func onUserStatusChanged(userStatusList: [V2TIMUserStatus]!) {}

    /// Does nothing.
    public func onUserInfoChanged(userInfoList: [V2TIMUserFullInfo]!) {}

    /// Does nothing.
    public func onAllReceiveMessageOptChanged(receiveMessageOptInfo: V2TIMReceiveMessageOptInfo!) {}

    /// Does nothing.
    public func onExperimentalNotify(key: String!, param: NSObject!) {}
}

/// A profile of V2TIM. It is outside the session layer, so there is never a value of it.
public final class V2TIMUserFullInfo: Sendable {
    private init() {}
}

/// A presence of V2TIM. It is outside the session layer, so there is never a value of it.
public final class V2TIMUserStatus: Sendable {
    private init() {}
}

/// A message setting of V2TIM. It is outside the session layer, so there is never a value of it.
public final class V2TIMReceiveMessageOptInfo: Sendable {
    private init() {}
}

/// A V2TIM listener as a listener of the Swift face. Each event is one call, after which the listener may be gone.
final class SDKListenerAdapter: ClientListener {
    private weak var listener: (any V2TIMSDKListener)?

    init(_ listener: any V2TIMSDKListener) {
        self.listener = listener
    }

    func onConnecting() {
        listener?.onConnecting()
    }

    func onConnectSuccess() {
        listener?.onConnectSuccess()
    }

    func onConnectFailed(_ error: TesseraError) {
        listener?.onConnectFailed(code: error.code, err: error.desc)
    }

    func onKickedOffline(_ kick: Kick) {
        listener?.onKickedOfflineEx(kick)
    }

    func onUserSigExpired() {
        listener?.onUserSigExpired()
    }
}
