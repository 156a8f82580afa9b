// The samples of V2TIM's login page as Swift has them, between the marks line by line. Compiling them is half of the test.

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

final class SnippetsTests: TestCase {
    func testTheyRunAsThePageSays() async throws {
        let gateway = try startGateway()
        let config = V2TIMSDKConfig()
        config.serverUrl = try gateway.say("url")
        config.allowPlain = true
        XCTAssertTrue(V2TIMManager.sharedInstance().initSDK(Int32(gateway.app), config: config))

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
