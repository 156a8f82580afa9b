// The samples of V2TIM's login page as Swift has them, between the marks line by line, and code of the shape that newer pages
// have. Compiling them is half of the test.

import Foundation
import Tessera
import XCTest

private let log = Record<String>()

/// In the place of Foundation's, so that the test hears it.
private func NSLog(_ text: String) {
    log.add(text)
}

private func login() {
    // ---- login
    let userID = "your user id"
    let userSig = "userSig from your server"
    V2TIMManager.sharedInstance().login(userID: userID, userSig: userSig, succ: {
        NSLog("success")
    }, fail: { code, desc in
        // The following error codes indicate an expired `userSig`, and you need to generate a new one for login again.
        // 1. ERR_USER_SIG_EXPIRED (6206)
        // 2. ERR_SVR_ACCOUNT_USERSIG_EXPIRED (70001)
        NSLog("failure, code:\(code), desc:\(desc ?? "")")
    })
    // ----
}

private func loginWithTrailingBlocks(_ userID: String, _ userSig: String) {
    // ---- login, as newer pages have it
    V2TIMManager.sharedInstance()?.login(userID: userID, userSig: userSig) {
        NSLog("success")
    } fail: { code, desc in
        NSLog("failure, code:\(code), desc:\(desc ?? "")")
    }
    // ----
}

private func loginUser() -> String? {
    // ---- the user ID
    let loginUserID = V2TIMManager.sharedInstance().getLoginUser()
    // ----
    return loginUserID
}

private func loginStatus() -> V2TIMLoginStatus {
    // ---- the login status
    let loginStatus: V2TIMLoginStatus = V2TIMManager.sharedInstance().getLoginStatus()
    // ----
    return loginStatus
}

private func logout() {
    // ---- logout
    V2TIMManager.sharedInstance().logout(succ: {
        NSLog("success")
    }, fail: { code, desc in
        NSLog("failure, code:\(code), desc:\(desc ?? "")")
    })
    // ----
}

// ---- in the shape of the vendor's Swift package

private func initialise(_ sdkAppID: Int32, _ change: (V2TIMSDKConfig) -> Void, _ listener: V2TIMSDKListener) {
    let config = V2TIMSDKConfig()
    config.logLevel = .V2TIM_LOG_INFO
    change(config)
    V2TIMManager.shared.addIMSDKListener(listener: listener)
    V2TIMManager.shared.initSDK(sdkAppID: sdkAppID, config: config)
}

private func loginIfNobodyIs(_ userID: String, _ userSig: String) {
    if V2TIMManager.shared.getLoginStatus() == .V2TIM_STATUS_LOGINED { return }
    V2TIMManager.shared.login(userID: userID, userSig: userSig) {
        NSLog("in")
    } fail: { code, desc in
        NSLog("not in: \(code) \(String(describing: desc))")
    }
}

private func userForBoth() -> (String?, String) {
    // What the vendor's older headers give may be taken as it is, what its newer ones give is optional.
    guard let optional = V2TIMManager.shared.getLoginUser() else { return (nil, "") }
    let taken: String = V2TIMManager.shared.getLoginUser()
    return (optional, taken)
}

private func leave(_ listener: V2TIMSDKListener) {
    V2TIMManager.shared.logout(succ: { NSLog("out") }, fail: { code, _ in NSLog("not out: \(code)") })
    V2TIMManager.shared.removeIMSDKListener(listener: listener)
}

/// The methods of the vendor's Swift package: some have other labels and types than those of its Objective-C.
private final class SwiftListener: V2TIMSDKListener, @unchecked Sendable {
    let events = Record<String>()

    func onConnectSuccess() {
        events.add("connected")
    }

    func onConnectFailed(code: Int32, err: String) {
        events.add("failed \(code) \(err.isEmpty)")
    }
}

final class SnippetsTests: TestCase {
    func testNewerCodeRunsAsItIs() async throws {
        let gateway = try startGateway()
        let url = try gateway.say("url phone")
        try gateway.say("fault phone refuse")
        let listener = SwiftListener()
        let change: (V2TIMSDKConfig) -> Void = { config in
            config.serverUrl = url
            config.allowPlain = true
            config.reconnectDelayMaxMs = 50
            config.reconnectDelayMinMs = 10
        }
        initialise(Int32(gateway.app), change, listener)
        try await eventually("a failure") { listener.events.count > 0 }
        XCTAssertTrue(listener.events.all[0].hasPrefix("failed "), listener.events.all[0])
        XCTAssertTrue(listener.events.all[0].hasSuffix("false"), "with a sentence")
        try gateway.say("fault phone restore")
        try await eventually("the connection") { listener.events.all.contains("connected") }

        log.clear()
        loginIfNobodyIs("alice", try gateway.sign("alice"))
        try await eventually("the login") { log.count == 1 }
        XCTAssertEqual(log.all.last, "in")
        XCTAssertTrue(userForBoth() == ("alice", "alice"))
        leave(listener)
        try await eventually("the logout") { log.count == 2 }
        XCTAssertEqual(log.all.last, "out")
        XCTAssertEqual(V2TIMManager.shared.getLoginStatus(), .V2TIM_STATUS_LOGOUT)
        XCTAssertTrue(userForBoth() == (nil, ""))
    }

    func testTheyRunAsThePageSays() async throws {
        let gateway = try startGateway()
        let config = V2TIMSDKConfig()
        config.serverUrl = try gateway.say("url")
        config.allowPlain = true
        XCTAssertTrue(V2TIMManager.sharedInstance().initSDK(Int32(gateway.app), config: config))

        log.clear()
        login()
        try await eventually("the answer") { log.count == 1 }
        XCTAssertTrue(log.all[0].hasPrefix("failure, code:7003, desc:"), "that is no user ID: \(log.all[0])")
        XCTAssertNil(loginUser(), "if the login fails, it is empty")

        loginWithTrailingBlocks("alice", try gateway.sign("alice"))
        XCTAssertNotEqual(loginStatus(), .STATUS_LOGOUT)
        try await eventually("the login") { log.count == 2 }
        XCTAssertEqual(loginUser(), "alice")
        XCTAssertEqual(loginStatus(), .STATUS_LOGINED)

        // To switch from alice to bob, just log bob in.
        loginWithTrailingBlocks("bob", try gateway.sign("bob"))
        try await eventually("the switch") { log.count == 3 }
        XCTAssertEqual(loginUser(), "bob")

        logout()
        try await eventually("the logout") { log.count == 4 }
        XCTAssertEqual(Array(log.all.dropFirst()), ["success", "success", "success"])
        XCTAssertEqual(loginStatus(), .STATUS_LOGOUT)
        V2TIMManager.sharedInstance().unInitSDK()
    }
}
