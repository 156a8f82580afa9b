// The session of an app, as the documentation of V2TIM shows it: nothing in here is Tessera's own but the import. The
// gateway's address is in Info.plist.

import Foundation
import Tessera

/// Where an app gets its tickets: its own server.
typealias UserSigSource = (_ userID: String) -> String

final class Session: NSObject, V2TIMSDKListener {
    private let sdkAppID: Int32
    private let userSig: UserSigSource
    private let show: (String) -> Void

    init(sdkAppID: Int32, userSig: @escaping UserSigSource, show: @escaping (String) -> Void) {
        self.sdkAppID = sdkAppID
        self.userSig = userSig
        self.show = show
    }

    /// At the start of the app.
    func start() {
        let config = V2TIMSDKConfig()
        config.logLevel = .LOG_INFO
        V2TIMManager.sharedInstance()?.addIMSDKListener(listener: self)
        let ok = V2TIMManager.sharedInstance()?.initSDK(sdkAppID, config: config) ?? false
        show(ok ? "initialised" : "not initialised")
    }

    /// A first login needs no sign-up; a second one of somebody else switches the account.
    func login(_ userID: String, userSig ticket: String? = nil) {
        let status = V2TIMManager.sharedInstance().getLoginStatus()
        if status == .STATUS_LOGINED && V2TIMManager.sharedInstance().getLoginUser() == userID { return }
        V2TIMManager.sharedInstance().login(userID: userID, userSig: ticket ?? userSig(userID), succ: { [weak self] in
            let user = V2TIMManager.sharedInstance().getLoginUser() ?? "nobody"
            self?.show("logged in as \(user)")
        }, fail: { [weak self] code, desc in
            guard let self = self else { return }
            // These two say that the ticket has expired. With any other code the app does not try again by itself.
            if code == ERR_USER_SIG_EXPIRED.rawValue || code == ERR_SVR_ACCOUNT_USERSIG_EXPIRED.rawValue {
                self.show("ticket refused")
                self.login(userID)
            } else {
                self.show("login failed: \(code)")
            }
        })
    }

    /// When the app stops using it.
    func stop() {
        V2TIMManager.sharedInstance().logout {
            self.show("logged out")
            V2TIMManager.sharedInstance().removeIMSDKListener(listener: self)
            V2TIMManager.sharedInstance().unInitSDK()
        } fail: { code, desc in
            self.show("logout failed: \(code) \(desc ?? "")")
        }
    }

    var user: String? {
        V2TIMManager.sharedInstance().getLoginUser()
    }

    var statusText: String {
        switch V2TIMManager.sharedInstance().getLoginStatus() {
        case .STATUS_LOGINED: return "logged in"
        case .STATUS_LOGINING: return "logging in"
        case .STATUS_LOGOUT: return "logged out"
        }
    }

    // ---- V2TIMSDKListener, of which every method is optional --------------------------------------------------------

    func onConnecting() {
        show("connecting")
    }

    func onConnectSuccess() {
        show("connected")
    }

    func onConnectFailed(_ code: Int32, err: String!) {
        show("no connection: \(code)")
    }

    func onKickedOffline() {
        show("logged in on another device")
    }

    func onUserSigExpired() {
        show("ticket expired")
    }
}
