// What a client is initialised with. The properties of the settings are generated (`Settings.swift`); what a value may be
// is checked at init, by the table.

import Dispatch
internal import TesseraUniFFI

/// What a client is initialised with: every setting, and where callbacks go.
public struct ClientConfig: Sendable {
    /// What is set, by the settings' names.
    var values: [String: String] = [:]

    /// Nothing is set.
    public init() {}

    /// Who is told what is logged; `nil` for nobody. The log is the process's: of several clients the last gets it.
    public var logListener: LogListener?

    /// Where callbacks run; `nil` for the main queue.
    public var callbackQueue: DispatchQueue?

    /// Sets any setting of `docs/settings.md` by its name, for example `login_timeout_ms`. A name that no setting has makes
    /// init fail.
    public mutating func set(_ name: String, _ value: String) {
        values[name] = value
    }

    var settings: [Setting] {
        values.map { Setting(name: $0.key, value: $0.value) }
    }
}

func flag(of text: String) -> Bool? {
    switch text {
    case "true", "1": true
    case "false", "0": false
    default: nil
    }
}

func logLevel(of text: String) -> LogLevel? {
    LogLevel.allCases.first { String($0.number) == text }
}
