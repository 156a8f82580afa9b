// What the binding finds around an app. That it asks on Apple platforms alone, and that backups leave the folder out there,
// cannot be seen here.

import Foundation
import XCTest

@testable import Tessera

final class SurroundingsTests: XCTestCase {
    func testEveryAppHasADeviceFolderOfItsOwnThatOthersCannotRead() throws {
        // C23
        let support = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString, isDirectory: true)
        defer { try? FileManager.default.removeItem(at: support) }
        let one = Surroundings.deviceFolder(in: support, of: "com.example.one")
        XCTAssertEqual(one.path, support.path + "/com.example.one/tessera")
        XCTAssertNotEqual(Surroundings.deviceFolder(in: support, of: "com.example.two"), one)
        let attributes = try FileManager.default.attributesOfItem(atPath: one.path)
        XCTAssertEqual(attributes[.type] as? FileAttributeType, .typeDirectory)
        XCTAssertEqual(attributes[.posixPermissions] as? Int, 0o700)

        try Data("an id".utf8).write(to: one.appendingPathComponent("device-id"))
        XCTAssertEqual(Surroundings.deviceFolder(in: support, of: "com.example.one"), one, "again, at the next start")
        XCTAssertEqual(try FileManager.default.contentsOfDirectory(atPath: one.path), ["device-id"])
    }
}
