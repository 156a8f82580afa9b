// Clocks, medians, and the line that a row is.

import Foundation

/// A row of the bench table (`docs/benchmarks.md`).
struct Row: Encodable {
    struct Anchor: Encodable {
        let what: String
        let measured: Double
    }

    let name: String
    let measured: Double
    let unit: String
    var anchors: [Anchor] = []
    var budget: Double?

    /// Writes the row to standard output.
    func say() throws {
        let line = try JSONEncoder().encode(self)
        FileHandle.standardOutput.write(line + Data("\n".utf8))
    }
}

func nanoseconds() -> UInt64 {
    DispatchTime.now().uptimeNanoseconds
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted[sorted.count / 2]
}

/// Nanoseconds of one call, each of several in turn: the medians over rounds.
func perCall(calls: Int, _ bodies: [(Int) -> Void]) -> [Double] {
    var rounds = bodies.map { _ in [Double]() }
    for _ in 0..<21 {
        for (index, body) in bodies.enumerated() {
            let begun = nanoseconds()
            body(calls)
            rounds[index].append(Double(nanoseconds() - begun) / Double(calls))
        }
    }
    return rounds.map(median)
}

/// What the optimiser must believe to be of use.
nonisolated(unsafe) var sink = 0

/// Uses a value, so that the call that gave it is not left out.
@inline(never)
func use(_ value: Int) {
    sink &+= value
}
