// The generated tables against those of the library: count, names and numbers. And what a configuration makes of them.

import Foundation
import TesseraUniFFI
import XCTest

@testable import Tessera

final class TablesTests: TestCase {
    func testErrorCodes() {
        let rows = errorCodes()
        XCTAssertEqual(rows.count, errorCodeNames.count)
        for row in rows {
            let code = V2TIMErrorCode(rawValue: row.code)
            XCTAssertEqual(code.description, row.name)
            XCTAssertEqual(code.isRetryable, errorOf(code: row.code).retryable, row.name)
        }
        XCTAssertEqual(ERR_USER_SIG_EXPIRED.rawValue, 6206)
        XCTAssertEqual(V2TIMErrorCode(rawValue: 1).description, "1")
        XCTAssertFalse(V2TIMErrorCode(rawValue: 1).isRetryable)
    }

    func testLoginStatuses() {
        // C2
        let rows = loginStatuses(numbering: "apple")
        XCTAssertEqual(rows.count, Tessera.LoginStatus.allCases.count)
        for row in rows {
            let status = row.status.converted
            XCTAssertEqual(status.number, Int(row.number))
            let v2tim = V2TIMLoginStatus(status)
            XCTAssertEqual(v2tim.rawValue, Int(row.number))
            XCTAssertEqual("V2TIM_\(v2tim)", row.name)
        }
    }

    func testWholeNamesAreThoseOfTheCases() {
        let statuses: [V2TIMLoginStatus] = [.V2TIM_STATUS_LOGINED, .V2TIM_STATUS_LOGINING, .V2TIM_STATUS_LOGOUT]
        XCTAssertEqual(statuses, [.STATUS_LOGINED, .STATUS_LOGINING, .STATUS_LOGOUT])
        let levels: [V2TIMLogLevel] = [
            .V2TIM_LOG_NONE, .V2TIM_LOG_DEBUG, .V2TIM_LOG_INFO, .V2TIM_LOG_WARN, .V2TIM_LOG_ERROR,
        ]
        XCTAssertEqual(levels, [.LOG_NONE, .LOG_DEBUG, .LOG_INFO, .LOG_WARN, .LOG_ERROR])
    }

    func testSettings() throws {
        // C23: every property writes its setting, and every key of Info.plist is one.
        let rows = settingRows()
        XCTAssertEqual(rows.map(\.plistKey), plistKeys)
        let config = filled()
        XCTAssertEqual(Set(rows.map(\.name)), Set(config.values.keys))
        XCTAssertTrue(config.values.allSatisfy { !$0.value.isEmpty })
        for row in rows where row.max > 0 {
            XCTAssertEqual(config.values[row.name], "\(row.min)", row.name)
        }
    }

    /// Every property is set. A new setting does not compile in here until it is added, or fails in the test above.
    private func filled() -> ClientConfig {
        var config = ClientConfig()
        let rows = Dictionary(uniqueKeysWithValues: settingRows().map { ($0.property, Int($0.min)) })
        config.serverUrl = "ws://127.0.0.1"
        config.caFile = "/ca.pem"
        config.allowPlain = true
        config.platform = .ipad
        config.deviceDir = "/device"
        config.deviceId = "id"
        config.connectAtInit = false
        config.loginTimeoutMs = rows["loginTimeoutMs"]
        config.connectTimeoutMs = rows["connectTimeoutMs"]
        config.ignoreRepeatLogin = true
        config.logoutTimeoutMs = rows["logoutTimeoutMs"]
        config.uninitTimeoutMs = rows["uninitTimeoutMs"]
        config.reconnectDelayMinMs = rows["reconnectDelayMinMs"]
        config.reconnectDelayMaxMs = rows["reconnectDelayMaxMs"]
        config.reconnectResetMs = rows["reconnectResetMs"]
        config.hintIntervalMs = rows["hintIntervalMs"]
        config.probeTimeoutMs = rows["probeTimeoutMs"]
        config.silenceTimeoutMs = rows["silenceTimeoutMs"]
        config.leaseMs = rows["leaseMs"]
        config.ticketRenewPercent = rows["ticketRenewPercent"]
        config.ticketRenewJitterPercent = rows["ticketRenewJitterPercent"]
        config.ticketRequestIntervalMs = rows["ticketRequestIntervalMs"]
        config.ticketRetryMinMs = rows["ticketRetryMinMs"]
        config.ticketRetryMaxMs = rows["ticketRetryMaxMs"]
        config.eventsWaitingMax = rows["eventsWaitingMax"]
        config.logLevel = .warn
        return config
    }

    func testPropertiesReadWhatTheyWrite() {
        var config = ClientConfig()
        XCTAssertNil(config.allowPlain)
        config.set("allow_plain", "1")
        XCTAssertEqual(config.allowPlain, true)
        config.allowPlain = false
        XCTAssertEqual(config.values["allow_plain"], "false")
        config.logLevel = .off
        XCTAssertEqual(config.logLevel, .off)
        config.platform = .mac
        XCTAssertEqual(config.platform, .mac)
        config.platform = nil
        XCTAssertNil(config.values["platform"])
        let v2tim = V2TIMSDKConfig()
        v2tim.loginTimeoutMs = 500
        v2tim.set("lease_ms", "7")
        XCTAssertEqual(v2tim.loginTimeoutMs, 500)
        XCTAssertEqual(v2tim.leaseMs, 7)
    }

    func testVersionsAreThoseOfTheLibrary() {
        XCTAssertEqual(Client.version, TesseraUniFFI.sdkVersion())
        XCTAssertEqual(uniffiABIVersion, abiVersion())
    }

    func testASettingOutOfRangeIsRefused() throws {
        // C23
        var config = ClientConfig()
        config.serverUrl = "ws://127.0.0.1:1"
        config.allowPlain = true
        config.loginTimeoutMs = -1
        XCTAssertThrowsError(try Client().initialize(app: 1, config: config)) { error in
            XCTAssertEqual((error as? TesseraError)?.code, ERR_INVALID_PARAMETERS.rawValue)
            XCTAssertTrue("\(error)".contains("login_timeout_ms"))
        }
    }
}
