// The reader of batches against the generated converters, which write what it has to read.

import Foundation
import XCTest

@testable import Tessera
@testable import TesseraUniFFI

final class BatchTests: TestCase {
    func testEveryEventIsReadAsTheGeneratedCodeReadsIt() throws {
        let error = errorOf(code: 70001)
        let retryable = ErrorInfo(kind: .limit, code: -10114, desc: "später", retryable: true, retryAfterMs: 1500)
        let kick = TesseraUniFFI.Kick(reason: .policy, platform: .web, atMs: 1_764_140_401_000, code: nil)
        let refused = TesseraUniFFI.Kick(reason: .ticketRefused, platform: nil, atMs: 0, code: 70003)
        let kinds: [EventKind] = [
            .completed(call: 1, error: nil), .completed(call: .max, error: error), .connecting, .connectSuccess,
            .connectFailed(error: error), .disconnected(error: retryable), .kickedOffline(kick: kick),
            .kickedOffline(kick: refused), .userSigExpired, .ticketRequest(request: 7, user: "alice"),
            .completed(call: 2, error: retryable), .completed(call: 3, error: nil),
        ]
        let statuses: [TesseraUniFFI.LoginStatus] = [.loggedOut, .loggingIn, .loggedIn, .loggingOut]
        let events = kinds.enumerated().map { number, kind in
            let stamp = Stamp(
                epoch: UInt64(number) << 40, status: statuses[number % 4], user: number % 4 == 2 ? "user-\(number)" : nil
            )
            return Event(stamp: stamp, init: UInt64(number) * 3, kind: kind)
        }
        var bytes = withUnsafeBytes(of: Int32(events.count).bigEndian) { [UInt8]($0) }
        for event in events { FfiConverterTypeEvent.write(event, into: &bytes) }

        let read = bytes.withUnsafeBytes { bytes in
            var reader = BatchReader(bytes)
            return reader.all()
        }
        XCTAssertEqual(read.count, events.count)
        for (read, event) in zip(read, events) {
            XCTAssertEqual(read.state, event.stamp.converted)
            XCTAssertEqual(read.initialisation, event.`init`)
            switch read.kind {
            case .result(let call, let error): XCTAssertEqual(event.kind, .completed(call: call, error: error))
            case .other(let kind): XCTAssertEqual(event.kind, kind)
            }
        }
    }

    func testAnEmptyBatchIsEmpty() {
        let bytes: [UInt8] = [0, 0, 0, 0]
        let read = bytes.withUnsafeBytes { bytes in
            var reader = BatchReader(bytes)
            return reader.all()
        }
        XCTAssertTrue(read.isEmpty)
    }
}
