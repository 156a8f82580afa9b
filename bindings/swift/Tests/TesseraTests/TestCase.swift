// What all tests share: a gateway, waiting, and the line that `cargo xtask test` counts.

import Foundation
import Tessera
import XCTest

/// Big counts are played whole.
let isFull = ProcessInfo.processInfo.environment["TESSERA_FULL"] == "1"

class TestCase: XCTestCase {
    private static let counter: Counter = {
        let counter = Counter()
        XCTestObservationCenter.shared.addTestObserver(counter)
        return counter
    }()

    override class func setUp() {
        super.setUp()
        _ = counter
    }

    override func tearDown() async throws {
        await Client.shared.unInit()
        try await super.tearDown()
    }

    /// A gateway that ends with the test.
    func startGateway() throws -> TestGateway {
        let gateway = try TestGateway()
        addTeardownBlock { gateway.stop() }
        return gateway
    }

    /// A client of the gateway, initialised.
    func startClient(_ gateway: TestGateway, network: String = "", _ change: (inout ClientConfig) -> Void = { _ in })
        throws -> Client
    {
        let client = Client()
        var config = try gateway.config(network: network)
        change(&config)
        try client.initialize(app: gateway.app, config: config)
        return client
    }

    /// Waits until something is so, 30 s at most.
    func eventually(_ what: String, line: UInt = #line, _ condition: @Sendable () -> Bool) async throws {
        let deadline = Date(timeIntervalSinceNow: 30)
        while !condition() {
            if Date() > deadline {
                return XCTFail("waited for \(what)", line: line)
            }
            try await Task.sleep(nanoseconds: 1_000_000)
        }
    }
}

/// Looks at an object without keeping it.
final class Weak<Object: AnyObject>: @unchecked Sendable {
    private weak var object: Object?

    init(_ object: Object) {
        self.object = object
    }

    var isGone: Bool { object == nil }

    func use(_ work: (Object) -> Void) {
        if let object { work(object) }
    }
}

/// The code that something fails with; `nil` if it does not fail.
func code(of work: () async throws -> Void) async -> Int32? {
    do {
        try await work()
        return nil
    } catch {
        return (error as? TesseraError)?.code ?? 0
    }
}

/// A value that several threads use.
final class Shared<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    func with<Result>(_ use: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try use(&value)
    }
}

/// What came, in order, from any thread.
final class Record<Entry: Sendable>: Sendable {
    private let entries = Shared<[Entry]>([])

    func add(_ entry: Entry) {
        entries.with { $0.append(entry) }
    }

    func clear() {
        entries.with { $0 = [] }
    }

    var all: [Entry] {
        entries.with { $0 }
    }

    var count: Int {
        all.count
    }
}

/// Records the events of a client by name, and does something with each.
final class Recorder: ClientListener, @unchecked Sendable {
    let names = Record<String>()
    private let each: @Sendable (String) -> Void

    init(_ each: @escaping @Sendable (String) -> Void = { _ in }) {
        self.each = each
    }

    private func add(_ name: String) {
        names.add(name)
        each(name)
    }

    func onConnecting() {
        add("connecting")
    }

    func onConnectSuccess() {
        add("connect success")
    }

    func onConnectFailed(_ error: TesseraError) {
        add("connect failed")
    }

    func onDisconnected(_ error: TesseraError) {
        add("disconnected")
    }

    func onKickedOffline(_ kick: Kick) {
        add("kicked \(kick.reason)")
    }

    func onUserSigExpired() {
        add("expired")
    }
}

/// Prints the closing line of a suite.
private final class Counter: NSObject, XCTestObservation, @unchecked Sendable {
    private let counts = Shared((passed: 0, failed: 0, skipped: 0))

    func testCaseDidFinish(_ testCase: XCTestCase) {
        guard let run = testCase.testRun else { return }
        counts.with { counts in
            if run.hasBeenSkipped {
                counts.skipped += 1
            } else if run.hasSucceeded {
                counts.passed += 1
            } else {
                counts.failed += 1
            }
        }
    }

    func testBundleDidFinish(_ testBundle: Bundle) {
        let counts = counts.with { $0 }
        print("\(counts.passed) passed, \(counts.failed) failed, \(counts.skipped) skipped")
    }
}
