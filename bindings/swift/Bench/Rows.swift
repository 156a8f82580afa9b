// What is measured.

import Dispatch
import Foundation
import Tessera
import TesseraUniFFI

/// What an app may ask at every frame.
func getters() throws {
    let gateway = try Gateway()
    defer { gateway.stop() }
    let manager: V2TIMManager = V2TIMManager.sharedInstance()
    let native = try TesseraUniFFI.Client()
    let settings = try gateway.settings()
    let config = V2TIMSDKConfig()
    for setting in settings { config.set(setting.name, setting.value) }
    guard manager.initSDK(Int32(gateway.app), config: config) else { throw Failed("init") }
    _ = try native.`init`(app: gateway.app, code: settings, manifest: [])
    let ticket = try gateway.sign("alice")
    let done = DispatchSemaphore(value: 0)
    manager.login(userID: "alice", userSig: ticket) { done.signal() } fail: { _, _ in done.signal() }
    done.wait()
    guard manager.getLoginStatus() == .STATUS_LOGINED else { throw Failed("login") }
    // Somebody else, because the two are devices of one platform.
    _ = try native.login(user: "bob", ticket: try gateway.sign("bob"))
    while native.stamp().user == nil { Thread.sleep(forTimeInterval: 0.001) }

    let status = perCall(calls: 100_000, [
        { for _ in 0..<$0 { use(manager.getLoginStatus().rawValue) } },
        { for _ in 0..<$0 { use(Int(native.app())) } },
        { for _ in 0..<($0 / 10) { use(native.connectionStatus().hashValue) } },
        { for _ in 0..<($0 / 10) { use(Int(native.stamp().epoch)) } },
    ])
    try Row(
        name: "status getter", measured: status[0], unit: "ns",
        anchors: [
            .init(what: "a number through plain UniFFI", measured: status[1]),
            .init(what: "an enum through plain UniFFI", measured: status[2] * 10),
            .init(what: "status and user through plain UniFFI", measured: status[3] * 10),
        ],
        budget: 5
    ).say()
    let user = perCall(calls: 100_000, [
        { for _ in 0..<$0 { use(manager.getLoginUser().utf8.count) } },
        { for _ in 0..<($0 / 10) { use(native.stamp().user!.utf8.count) } },
    ])
    try Row(
        name: "user getter", measured: user[0], unit: "ns",
        anchors: [.init(what: "status and user through plain UniFFI", measured: user[1] * 10)]
    ).say()
    manager.unInitSDK()
    _ = native.unInit()
}

/// Enough to be initialised, without a connection.
let idleSettings = [
    Setting(name: "server_url", value: "ws://127.0.0.1:9"),
    Setting(name: "allow_plain", value: "true"),
    Setting(name: "connect_at_init", value: "false"),
]

func idle(on queue: DispatchQueue) throws -> Tessera.Client {
    let client = Tessera.Client()
    var config = ClientConfig()
    for setting in idleSettings { config.set(setting.name, setting.value) }
    config.callbackQueue = queue
    try client.initialize(app: 1, config: config)
    return client
}

/// A result for each of many calls, which wait until the first callback returns.
func batches() throws {
    let count = 1000
    let client = try idle(on: .main)
    let native = try TesseraUniFFI.Client()
    _ = try native.`init`(app: 1, code: idleSettings, manifest: [])
    var ours: [Double] = []
    var single: [Double] = []
    var whole: [Double] = []
    for _ in 0..<31 {
        let entered = DispatchSemaphore(value: 0)
        let leave = DispatchSemaphore(value: 0)
        let last = DispatchSemaphore(value: 0)
        client.logout { _ in
            entered.signal()
            leave.wait()
        }
        entered.wait()
        for _ in 1..<count { client.logout { _ in } }
        client.logout { _ in last.signal() }
        var begun = nanoseconds()
        leave.signal()
        last.wait()
        ours.append(Double(nanoseconds() - begun) / Double(count) / 1000)

        for _ in 0..<count { _ = try native.logout() }
        begun = nanoseconds()
        for _ in 0..<count { use(native.nextEvents(max: 1).count) }
        single.append(Double(nanoseconds() - begun) / Double(count) / 1000)

        for _ in 0..<count { _ = try native.logout() }
        begun = nanoseconds()
        use(native.nextEvents(max: UInt32(count)).count)
        whole.append(Double(nanoseconds() - begun) / Double(count) / 1000)
    }
    try Row(
        name: "event, of a batch of 1000", measured: median(ours), unit: "µs",
        anchors: [
            .init(what: "plain UniFFI, one by one", measured: median(single)),
            .init(what: "plain UniFFI, the batch at once, nothing called", measured: median(whole)),
        ],
        budget: 1
    ).say()
}

/// From a call to its callback, when nothing else happens; the result comes from the core.
func latencies() throws {
    let native = try TesseraUniFFI.Client()
    _ = try native.`init`(app: 1, code: idleSettings, manifest: [])
    let plain = try median((0..<1000).map { _ in
        let begun = nanoseconds()
        _ = try native.logout()
        use(native.nextEvents(max: 1).count)
        return Double(nanoseconds() - begun) / 1000
    })
    for (name, queue) in [("main queue", DispatchQueue.main), ("a queue of the app's", DispatchQueue(label: "app"))] {
        let client = try idle(on: queue)
        let done = DispatchSemaphore(value: 0)
        nonisolated(unsafe) var called: UInt64 = 0
        let times = (0..<2000).map { _ in
            Thread.sleep(forTimeInterval: 0.0005)
            let begun = nanoseconds()
            client.logout { _ in
                called = nanoseconds()
                done.signal()
            }
            done.wait()
            return Double(called - begun) / 1000
        }
        try Row(
            name: "single event, p50, \(name)", measured: median(times), unit: "µs",
            anchors: [.init(what: "plain UniFFI on the calling thread", measured: plain)],
            budget: 50
        ).say()
        client.unInit()
    }
}
