//! The generated Swift files: statuses, levels and platforms, settings as properties, error codes, versions. Their
//! module is that of the hand-written code beside them, in `bindings/swift`.

use crate::mobile::{events_waiting_max, numbering, output, setting_doc};
use crate::names::camel;
use crate::spec::{Code, NamedNumber, Setting, SettingKind, Spec};
use crate::write::Output;

/// The login status numbers of this tile.
const NUMBERING: &str = "apple";

/// Every generated file.
pub(crate) fn outputs(spec: &Spec) -> Vec<Output> {
    vec![
        output("bindings/swift/Sources/Tessera/Generated/Status.swift", "status", &status(spec)),
        output("bindings/swift/Sources/Tessera/Generated/Settings.swift", "settings", &settings(spec)),
        output("bindings/swift/Sources/Tessera/Generated/Constants.swift", "*", &constants(spec)),
        output("bindings/swift/Sources/Tessera/Generated/V2TIMErrorCode.swift", "codes", &codes(spec)),
        output("bindings/swift/Sources/Tessera/Generated/V2TIMStatus.swift", "status", &v2tim_status(spec)),
    ]
}

// ---- the Swift face -------------------------------------------------------------------------------------------------

fn status(spec: &Spec) -> String {
    let status = &spec.status;
    let apple = numbering(spec, NUMBERING);
    let states = status.login.states.iter().map(|state| {
        let constant = apple.of(&state.name).expect("the states are those of C1");
        (state.name.as_str(), constant.number, format!("{} `{}`.", state.doc, constant.name))
    });
    let vendor = |row: &NamedNumber| format!("{} `{}`.", row.doc, row.vendor);
    let network = status.network.rows.iter().map(|row| (row.name.as_str(), row.number, vendor(row)));
    let levels = status.log_level.rows.iter().map(|row| (row.name.as_str(), row.number, vendor(row)));
    let platforms: Vec<String> = status
        .platform
        .rows
        .iter()
        .map(|row| format!("    /// {}\n    case {}\n", row.doc, row.name))
        .collect();
    format!(
        "{}
{}
{}
/// Platform of a device; the raw value is its name in settings.
public enum Platform: String, Sendable, CaseIterable {{
{}}}
",
        numbered("LoginStatus", "Login state of a client, with Apple's numbers.", states),
        numbered("ConnectionStatus", "State of the connection, as the C API numbers it.", network),
        numbered("LogLevel", "Lowest level of what is logged, as V2TIM numbers it.", levels),
        platforms.join("\n"),
    )
}

/// An enum whose numbers are a property, because two cases may share one.
fn numbered<'a>(name: &str, doc: &str, rows: impl Iterator<Item = (&'a str, i32, String)>) -> String {
    let rows: Vec<_> = rows.map(|(name, number, doc)| (case(name), number, doc)).collect();
    let cases: Vec<String> =
        rows.iter().map(|(case, _, doc)| format!("    /// {doc}\n    case {case}\n")).collect();
    let numbers: String =
        rows.iter().map(|(case, number, _)| format!("        case .{case}: {number}\n")).collect();
    format!(
        "/// {doc}
public enum {name}: Sendable, CaseIterable {{
{}
    /// The published number.
    public var number: Int {{
        switch self {{
{numbers}        }}
    }}
}}
",
        cases.join("\n"),
    )
}

fn settings(spec: &Spec) -> String {
    let rows = &spec.settings.setting;
    let properties: Vec<String> = rows.iter().map(property).collect();
    let keys: String = rows
        .iter()
        .map(|row| {
            format!(
                "    {:?},
",
                row.plist_key()
            )
        })
        .collect();
    format!(
        "/// Every setting as a property; `nil` is what is not set. What the code does not set comes from Info.plist, then
/// from the environment (`TESSERA_…`), then from the table's defaults. Values are checked at init.
extension ClientConfig {{
{}}}

/// The keys of Info.plist.
let plistKeys = [
{keys}]
",
        properties.join("\n"),
    )
}

fn property(row: &Setting) -> String {
    let (kind, get, set) = match row.kind {
        SettingKind::Url | SettingKind::Path | SettingKind::Text => ("String", "", "newValue"),
        SettingKind::Bool => ("Bool", ".flatMap(flag(of:))", "newValue.map { $0 ? \"true\" : \"false\" }"),
        SettingKind::Ms | SettingKind::Percent | SettingKind::Count => {
            ("Int", ".flatMap { Int($0) }", "newValue.map(String.init)")
        }
        SettingKind::Platform => ("Platform", ".flatMap(Platform.init(rawValue:))", "newValue?.rawValue"),
        SettingKind::LogLevel => {
            ("LogLevel", ".flatMap(logLevel(of:))", "newValue.map { String($0.number) }")
        }
    };
    format!(
        "    /// {doc}
    public var {property}: {kind}? {{
        get {{ values[\"{name}\"]{get} }}
        set {{ values[\"{name}\"] = {set} }}
    }}
",
        doc = setting_doc(row),
        property = row.property(),
        name = row.name,
    )
}

fn constants(spec: &Spec) -> String {
    format!(
        "/// What the version calls return.
let sdkVersion = {:?}

/// Version of what the library must export.
let uniffiABIVersion: UInt32 = {}

/// How many events wait at most, before connect events are merged.
let eventsWaitingMax = {}
",
        spec.versions.sdk.version,
        spec.versions.uniffi.abi_version,
        events_waiting_max(spec),
    )
}

// ---- V2TIM ----------------------------------------------------------------------------------------------------------

/// Swift sees the vendor's C constants as values that have a `rawValue`.
fn codes(spec: &Spec) -> String {
    let constant = |row: &Code| {
        format!(
            "/// {}\npublic var {}: V2TIMErrorCode {{ V2TIMErrorCode(rawValue: {}) }}\n",
            row.meaning, row.name, row.number
        )
    };
    let constants: Vec<String> = spec.codes.codes.rows.iter().map(constant).collect();
    let rows = &spec.codes.codes.rows;
    let names: String = rows.iter().map(|row| format!("    {}: {:?},\n", row.number, row.name)).collect();
    let objective_c = |row: &Code| {
        format!(
            "    /// {}\n    @objc({name})\n    case {name} = {}\n",
            row.meaning,
            row.number,
            name = row.name
        )
    };
    let objective_c: Vec<String> = rows.iter().map(objective_c).collect();
    let retryable = rows.iter().filter(|row| row.retryable);
    let retryable: String = retryable.map(|row| format!("    {},\n", row.number)).collect();
    format!(
        "/// An error code; the raw value is the number of `docs/error-codes.md`.
public struct V2TIMErrorCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {{
    /// The number.
    public let rawValue: Int32

    /// The code with this number.
    public init(rawValue: Int32) {{
        self.rawValue = rawValue
    }}

    /// Its name, or the number of one that has none.
    public var description: String {{
        errorCodeNames[rawValue] ?? String(rawValue)
    }}

    /// Whether the same call can succeed later without a change.
    public var isRetryable: Bool {{
        retryableErrorCodes.contains(rawValue)
    }}
}}

{}
/// The names by their numbers.
let errorCodeNames: [Int32: String] = [
{names}]

/// The numbers of those that may pass by themselves.
private let retryableErrorCodes: Set<Int32> = [
{retryable}]

#if canImport(ObjectiveC)
import Foundation

/// The same constants for Objective-C.
@objc(V2TIMErrorCode)
public enum ObjCV2TIMErrorCode: Int {{
{}}}
#endif
",
        constants.join("\n"),
        objective_c.join("\n"),
    )
}

/// The cases are named as Swift imports the vendor's constants: without the prefix that they share with the type.
fn v2tim_status(spec: &Spec) -> String {
    let apple = numbering(spec, NUMBERING);
    let mut statuses: Vec<(&str, i32, &str)> = Vec::new();
    let mut conversions = String::new();
    for state in &spec.status.login.states {
        let constant = apple.of(&state.name).expect("the states are those of C1");
        let name = without_prefix(&constant.name);
        // Several states share a number and a constant.
        if statuses.iter().all(|(known, _, _)| *known != name) {
            statuses.push((name, constant.number, &state.doc));
        }
        conversions += &format!("        case .{}: self = .{name}\n", case(&state.name));
    }
    statuses.sort_by_key(|(_, number, _)| *number);
    let levels = spec.status.log_level.rows.iter();
    let levels: Vec<_> =
        levels.map(|row| (without_prefix(&row.vendor), row.number, row.doc.as_str())).collect();
    let level_conversions: String = spec
        .status
        .log_level
        .rows
        .iter()
        .map(|row| format!("        case .{}: self = .{}\n", case(&row.name), without_prefix(&row.vendor)))
        .collect();
    format!(
        "#if canImport(ObjectiveC)
import Foundation
#endif

{}
extension V2TIMLoginStatus {{
    init(_ status: LoginStatus) {{
        switch status {{
{conversions}        }}
    }}
}}

{}
extension V2TIMLogLevel {{
    init(_ level: LogLevel) {{
        switch level {{
{level_conversions}        }}
    }}
}}
",
        raw_enum("V2TIMLoginStatus", "What `getLoginStatus` returns.", &statuses),
        raw_enum("V2TIMLogLevel", "Lowest level of what is logged.", &levels),
    )
}

/// Objective-C gets the vendor's constants.
fn raw_enum(name: &str, doc: &str, rows: &[(&str, i32, &str)]) -> String {
    let row = |(case, number, doc): &(&str, i32, &str)| {
        format!(
            "    /// {doc}
    #if canImport(ObjectiveC)
    @objc(V2TIM_{case})
    #endif
    case {case} = {number}
"
        )
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!(
        "/// {doc}
#if canImport(ObjectiveC)
@objc
#endif
public enum {name}: Int, Sendable {{
{}}}
",
        rows.join("\n")
    )
}

fn without_prefix(constant: &str) -> &str {
    constant.strip_prefix("V2TIM_").unwrap_or(constant)
}

/// A case of an enum of the Swift face.
fn case(name: &str) -> String {
    if name == "none" {
        // `.none` would mean the absence of an optional one.
        return "off".to_owned();
    }
    let camel = camel(name);
    let (first, rest) = camel.split_at(1);
    first.to_lowercase() + rest
}
