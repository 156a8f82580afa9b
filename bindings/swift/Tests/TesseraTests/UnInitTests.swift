// The end of a client: unInit, and the last reference gone (C9).

import Foundation
import Tessera
import XCTest

final class UnInitTests: TestCase {
    func testALoginUnderWayGets7009Once() async throws {
        let gateway = try startGateway()
        let client = try startClient(gateway, network: "phone")
        try gateway.say("fault phone stall")
        let codes = Record<Int32?>()
        client.login(userID: "alice", userSig: try gateway.sign("alice")) { codes.add($0?.code) }
        XCTAssertEqual(client.status, .loggingIn)
        await client.unInit()
        XCTAssertEqual(client.status, .loggedOut)
        XCTAssertEqual(codes.all, [ERR_SDK_COMM_INTERRUPT.rawValue], "there when it has returned")
    }

    func testOfAResultThatIsInHandButNotDeliveredItMakes7009() async throws {
        // The first callback holds the queue, so that a batch waits behind it.
        let gateway = try startGateway()
        let client = try startClient(gateway) { $0.callbackQueue = DispatchQueue(label: "callbacks") }
        let entered = Record<Bool>()
        let leave = DispatchSemaphore(value: 0)
        let codes = Record<Int32?>()
        client.logout { _ in
            entered.add(true)
            leave.wait()
        }
        try await eventually("the first callback") { entered.count == 1 }
        for _ in 0..<10 { client.logout { codes.add($0?.code) } }
        let ended = Record<Bool>()
        let begun = Record<Bool>()
        let events = client.events
        let collecting = Task {
            for await _ in events {}
            begun.add(true)
        }
        Thread {
            client.unInit()
            ended.add(true)
        }.start()
        // The end of the events comes before it waits, and what was in hand is void by then.
        try await eventually("the end of the events") { begun.count == 1 }
        await collecting.value
        XCTAssertEqual(ended.count, 0, "it waits for the callback that runs")
        leave.signal()
        try await eventually("unInit") { ended.count == 1 }
        try await eventually("all results") { codes.count == 10 }
        XCTAssertTrue(codes.all.allSatisfy { $0 == ERR_SDK_COMM_INTERRUPT.rawValue })
    }

    func testItWaitsNoLongerThanTheSettingForAStuckCallback() async throws {
        let gateway = try startGateway()
        let client = try startClient(gateway) { config in
            config.callbackQueue = DispatchQueue(label: "callbacks")
            config.uninitTimeoutMs = 400
        }
        let entered = Record<Bool>()
        let leave = DispatchSemaphore(value: 0)
        client.logout { _ in
            entered.add(true)
            leave.wait()
        }
        try await eventually("the callback") { entered.count == 1 }
        let begun = Date()
        await client.unInit()
        let took = Date().timeIntervalSince(begun)
        leave.signal()
        XCTAssertGreaterThan(took, 0.39)
        XCTAssertLessThan(took, 4.9, "the default is 5 s")
    }

    func testInitAndUnInitOfTwoThreadsComeOneAfterTheOther() async throws {
        let gateway = try startGateway()
        let client = Client()
        let config = try gateway.config()
        let app = gateway.app
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<200 {
                        client.addListener(Recorder())
                        var config = config
                        config.connectAtInit = false
                        config.logListener = { _, _ in }
                        try? client.initialize(app: app, config: config)
                        await client.unInit()
                    }
                }
            }
        }
        try client.initialize(app: app, config: config)
        try await client.login(userID: "alice", userSig: gateway.sign("alice"))
    }

    func testACallbackOfUnInitThatInitialisesAgainLosesNothing() async throws {
        let gateway = try startGateway()
        let client = try startClient(gateway, network: "phone")
        try gateway.say("fault phone stall")
        let recorder = Recorder()
        let app = gateway.app
        let config = try gateway.config()
        client.login(userID: "alice", userSig: try gateway.sign("alice")) { _ in
            client.addListener(recorder)
            try? client.initialize(app: app, config: config)
        }
        await client.unInit()
        try await eventually("the connection") { recorder.names.all.contains("connect success") }
        await client.unInit()
    }

    func testInsideACallbackItRunsWhatIsLeftBeforeItReturns() async throws {
        let gateway = try startGateway()
        let client = try startClient(gateway, network: "phone")
        try await client.login(userID: "alice", userSig: gateway.sign("alice"))
        try gateway.say("fault phone stall")
        let order = Record<String>()
        let ticket = try gateway.sign("bob")
        client.login(userID: "alice", userSig: "") { _ in
            client.login(userID: "bob", userSig: ticket) { order.add("bob \($0?.code ?? 0)") }
            client.unInit()
            order.add("returned")
        }
        try await eventually("both") { order.count == 2 }
        XCTAssertEqual(order.all, ["bob 7009", "returned"])
    }

    func testNoEventFollowsIt() async throws {
        let gateway = try startGateway()
        let client = Client()
        let recorder = Recorder()
        client.addListener(recorder)
        try client.initialize(app: gateway.app, config: gateway.config())
        try await client.login(userID: "alice", userSig: gateway.sign("alice"))
        await client.unInit()
        let count = recorder.names.count
        try gateway.say("sessions alice 0")
        XCTAssertEqual(recorder.names.count, count)
        XCTAssertNil(client.loginUser)
    }

    func testWithoutInitItDoesNothing() async throws {
        let client = Client()
        client.unInitFromHere()
        await client.unInit()
        XCTAssertEqual(client.status, .loggedOut)
    }

    func testTheLastReferenceEndsTheSessionAndCompletesWhatIsDue() async throws {
        let gateway = try startGateway()
        let codes = Record<Int32?>()
        let known: Weak<Client>
        do {
            let client = try startClient(gateway, network: "phone")
            known = Weak(client)
            try await client.login(userID: "alice", userSig: gateway.sign("alice"))
            try gateway.say("connected alice 1")
            client.login(userID: "bob", userSig: "not one") { codes.add($0?.code) }
        }
        try await eventually("the end of the client") { codes.count == 1 && known.isGone }
        try gateway.say("sessions alice 0")
    }

    func testManyClientsInOneProcess() async throws {
        // C20
        let gateway = try startGateway()
        let clients = try (0..<10).map { _ in try startClient(gateway) }
        for (number, client) in clients.enumerated() {
            try await client.login(userID: "user-\(number)", userSig: gateway.sign("user-\(number)"))
        }
        XCTAssertEqual(clients.map(\.loginUser), (0..<10).map { "user-\($0)" })
        for client in clients { await client.unInit() }
    }
}

extension Client {
    /// In an asynchronous function the other form would be taken.
    fileprivate func unInitFromHere() {
        unInit()
    }
}
