// The public API against the committed list of it, so that a change is seen. `TESSERA_ACCEPT=1` writes the list.

import Foundation
import XCTest

final class PublicAPITests: XCTestCase {
    private struct Graph: Decodable {
        struct Symbol: Decodable {
            struct Kind: Decodable {
                let identifier: String
            }
            struct Fragment: Decodable {
                let spelling: String
            }
            struct Identifier: Decodable {
                let precise: String
            }
            struct Availability: Decodable {
                let isUnconditionallyDeprecated: Bool?
            }
            let kind: Kind
            let identifier: Identifier
            let pathComponents: [String]
            let declarationFragments: [Fragment]
            let availability: [Availability]?
        }
        struct Relationship: Decodable {
            let kind: String
            let source: String
            let target: String
            let targetFallback: String?
        }
        let symbols: [Symbol]
        let relationships: [Relationship]
    }

    func testTheListIsCurrent() throws {
        let environment = ProcessInfo.processInfo.environment
        let folder = try XCTUnwrap(environment["TESSERA_SYMBOLS"], "`cargo xtask test swift` sets it")
        let data = try Data(contentsOf: URL(fileURLWithPath: folder).appendingPathComponent("Tessera.symbols.json"))
        let found = lines(of: try JSONDecoder().decode(Graph.self, from: data))
        let list = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../public-api.txt").standardized
        if environment["TESSERA_ACCEPT"] == "1" {
            try Data((found.joined(separator: "\n") + "\n").utf8).write(to: list)
        }
        let committed = try String(contentsOf: list, encoding: .utf8).split(separator: "\n").map(String.init)
        let changes = found.difference(from: committed).map { change in
            switch change {
            case .insert(_, let line, _): "+ \(line)"
            case .remove(_, let line, _): "- \(line)"
            }
        }
        XCTAssertEqual(changes, [], "`TESSERA_ACCEPT=1 cargo xtask test swift` writes bindings/swift/public-api.txt")
    }

    private func lines(of graph: Graph) -> [String] {
        let names = Dictionary(
            uniqueKeysWithValues: graph.symbols.map { ($0.identifier.precise, $0.pathComponents.joined(separator: ".")) }
        )
        let symbols = graph.symbols.map { symbol in
            let isDeprecated = symbol.availability?.contains { $0.isUnconditionallyDeprecated == true } ?? false
            let declaration = symbol.declarationFragments.map(\.spelling).joined()
            let name = symbol.pathComponents.joined(separator: ".")
            return "\(name)  \(isDeprecated ? "@deprecated " : "")\(declaration)"
        }
        let conformances = graph.relationships.filter { $0.kind == "conformsTo" }.compactMap { relationship -> String? in
            guard let source = names[relationship.source] else { return nil }
            return "\(source)  conforms to \(names[relationship.target] ?? relationship.targetFallback ?? relationship.target)"
        }
        return Set(symbols + conformances).sorted()
    }
}
