// V2TIM's names, numbers and shapes, as code for the vendor's iOS SDK uses them.

import Foundation
import Tessera
import XCTest

final class V2TIMTests: TestCase {
    /// A listener as apps have it: a class that takes what it needs.
    private final class Screen: NSObject, V2TIMSDKListener, @unchecked Sendable {
        let names = Record<String>()

        func onConnecting() {
            names.add("connecting")
        }

        func onConnectSuccess() {
            names.add("connected")
        }

        func onConnectFailed(_ code: Int32, err: String!) {
            names.add("failed \(code) \(err.isEmpty)")
        }

        func onKickedOffline() {
            names.add("kicked")
        }

        func onKickedOfflineEx(_ kick: Kick) {
            names.add("kicked by \(kick.reason)")
        }

        func onUserSigExpired() {
            names.add("expired")
        }

        func onSelfInfoUpdated(info: V2TIMUserFullInfo!) {
            names.add("never")
        }
    }

    /// One that knows V2TIM's events alone, and wants no more after the first.
    private final class PlainScreen: V2TIMSDKListener, @unchecked Sendable {
        let names = Record<String>()

        func onKickedOffline() {
            names.add("kicked")
            V2TIMManager.sharedInstance().removeIMSDKListener(listener: self)
        }
    }

    /// One that leaves when nobody has it any more.
    private final class Leaving: V2TIMSDKListener, @unchecked Sendable {
        private let gone: Record<Bool>
        private let forget: () -> Void

        init(_ gone: Record<Bool>, _ forget: @escaping () -> Void = {}) {
            self.gone = gone
            self.forget = forget
        }

        func onConnecting() {
            forget()
        }

        deinit {
            V2TIMManager.sharedInstance().removeIMSDKListener(listener: self)
            gone.add(true)
        }
    }

    private func config(_ gateway: TestGateway) throws -> V2TIMSDKConfig {
        let config = V2TIMSDKConfig()
        config.logLevel = .LOG_INFO
        config.serverUrl = try gateway.say("url")
        config.allowPlain = true
        return config
    }

    func testOneLoginFromInitToUnInit() async throws {
        // C2 C3 C8 C21
        let gateway = try startGateway()
        let manager = try XCTUnwrap(V2TIMManager.sharedInstance())
        let screen = Screen()
        manager.addIMSDKListener(listener: screen)
        XCTAssertTrue(manager.initSDK(Int32(gateway.app), config: try config(gateway)))
        XCTAssertEqual(manager.getLoginStatus(), .STATUS_LOGOUT)
        XCTAssertNil(manager.getLoginUser())

        let results = Record<String>()
        manager.login(userID: "alice", userSig: try gateway.sign("alice")) {
            results.add("success \(V2TIMManager.sharedInstance().getLoginStatus().rawValue)")
        } fail: { code, desc in
            results.add("failure \(code) \(desc ?? "")")
        }
        // Logging in, or logged in already: the SDK does not wait for this thread.
        XCTAssertNotEqual(manager.getLoginStatus(), .STATUS_LOGOUT)
        try await eventually("the login") { results.count == 1 }
        XCTAssertEqual(results.all, ["success 1"])
        XCTAssertEqual(manager.getLoginUser(), "alice")
        XCTAssertEqual(screen.names.all, ["connecting", "connected"])
        XCTAssertLessThan(abs(Double(manager.getServerTime()) - Date().timeIntervalSince1970), 60)

        manager.logout {
            results.add("out")
        } fail: { _, _ in
            results.add("never")
        }
        XCTAssertEqual(manager.getLoginStatus(), .STATUS_LOGOUT)
        try await eventually("the logout") { results.count == 2 }
        XCTAssertEqual(results.all[1], "out")
        manager.unInitSDK()
        XCTAssertFalse(manager.getVersion().isEmpty)
    }

    func testBothSpellingsOfEarlierAndLaterReleases() async throws {
        // What is new and what is old has the same effect; optional chaining and plain calls both compile.
        let gateway = try startGateway()
        let screen = Screen()
        V2TIMManager.sharedInstance()?.addIMSDKListener(screen)
        V2TIMManager.sharedInstance().addIMSDKListener(listener: screen)
        V2TIMManager.sharedInstance().initSDK(Int32(gateway.app), config: try config(gateway))
        let results = Record<String>()
        V2TIMManager.sharedInstance()?.login("bob", userSig: try gateway.sign("bob"), succ: { results.add("in") }, fail: nil)
        try await eventually("the login") { results.all == ["in"] }
        XCTAssertEqual(screen.names.all, ["connecting", "connected"], "the same listener twice counts once")
        V2TIMManager.sharedInstance()?.removeIMSDKListener(screen)
        V2TIMManager.sharedInstance()?.logout({ results.add("out") }, fail: nil)
        try await eventually("the logout") { results.count == 2 }
    }

    func testAKickIsToldOnceByTheExtendedEventWhereAListenerHasIt() async throws {
        // C12
        let gateway = try startGateway()
        let manager = try XCTUnwrap(V2TIMManager.sharedInstance())
        let screen = Screen()
        let plain = PlainScreen()
        manager.addIMSDKListener(listener: screen)
        manager.addIMSDKListener(listener: plain)
        manager.initSDK(Int32(gateway.app), config: try config(gateway))
        try await manager.client.login(userID: "carol", userSig: gateway.sign("carol"))
        try gateway.say("kick carol")
        try await eventually("the kick") { plain.names.count == 1 }
        XCTAssertEqual(screen.names.all, ["connecting", "connected", "kicked by admin"])
        XCTAssertEqual(manager.getLoginStatus(), .STATUS_LOGOUT)
        XCTAssertNil(manager.getLoginUser())
    }

    func testAListenerThatNobodyHasIsGone() async throws {
        // As V2TIM does. Others that lie where it has lain are not taken for it.
        let gateway = try startGateway()
        let gone = Record<Bool>()
        let later = (0..<50).map { _ in
            V2TIMManager.shared.addIMSDKListener(listener: Leaving(gone))
            V2TIMManager.shared.addIMSDKListener(listener: PlainScreen())
            let screen = Screen()
            V2TIMManager.shared.addIMSDKListener(listener: screen)
            return screen
        }
        XCTAssertEqual(gone.count, 50)
        V2TIMManager.shared.initSDK(Int32(gateway.app), config: try config(gateway))
        try await eventually("events") { later.allSatisfy { $0.names.count == 2 } }
    }

    func testAListenerMayGoInsideItsOwnCallback() async throws {
        // Its end comes on the callback queue, and takes it from the list.
        let gateway = try startGateway()
        let gone = Record<Bool>()
        let last = Shared<Leaving?>(nil)
        last.with { $0 = Leaving(gone) { last.with { $0 = nil } } }
        V2TIMManager.shared.addIMSDKListener(listener: last.with { $0 })
        V2TIMManager.shared.initSDK(Int32(gateway.app), config: try config(gateway))
        try await eventually("its end") { gone.count == 1 }
    }

    func testErrorsComeThroughTheCallback() async throws {
        // C4 C5 C18
        let manager = try XCTUnwrap(V2TIMManager.sharedInstance())
        let codes = Record<Int32>()
        let fail: V2TIMFail = { code, _ in codes.add(code) }
        await MainActor.run {
            manager.login(userID: "alice", userSig: "ticket", succ: nil, fail: { code, _ in codes.add(code) })
            XCTAssertEqual(codes.count, 0, "not inside the call")
        }
        try await eventually("6013") { codes.all == [ERR_SDK_NOT_INITIALIZED.rawValue] }
        let gateway = try startGateway()
        manager.initSDK(Int32(gateway.app), config: try config(gateway))
        manager.login(userID: nil, userSig: nil, succ: nil, fail: fail)
        manager.login(userID: "not a user id", userSig: "x", succ: nil, fail: fail)
        manager.login(userID: "alice", userSig: try gateway.sign("bob"), succ: nil, fail: fail)
        try await eventually("all of them") { codes.count == 4 }
        XCTAssertEqual(codes.all, [6013, 6017, 7003, 70013])
    }

    func testInitAgainAndWithAnotherApp() async throws {
        // C9
        let gateway = try startGateway()
        let manager = try XCTUnwrap(V2TIMManager.sharedInstance())
        XCTAssertTrue(manager.initSDK(Int32(gateway.app), config: try config(gateway)))
        XCTAssertTrue(manager.initSDK(Int32(gateway.app), config: nil))
        XCTAssertFalse(manager.initSDK(Int32(gateway.app) + 1, config: try config(gateway)))
        XCTAssertEqual(manager.lastError?.code, ERR_SDK_HAD_INITIALIZED.rawValue)
        await manager.client.unInit()
        for app: Int32 in [0, -5] {
            XCTAssertFalse(manager.initSDK(app, config: try config(gateway)))
            XCTAssertEqual(manager.lastError?.code, ERR_INVALID_PARAMETERS.rawValue)
        }
        XCTAssertTrue(manager.initSDK(Int32(gateway.app), config: try config(gateway)))
        XCTAssertNil(manager.lastError)
    }
}
