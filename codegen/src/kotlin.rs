//! The generated Kotlin and Java files: statuses and levels, settings as properties, versions, and the constants of
//! V2TIM's classes. Their packages are those of the hand-written code in `bindings/kotlin`.

use crate::mobile::{events_waiting_max, numbering, output, setting_doc};
use crate::names::upper;
use crate::spec::{Code, NamedNumber, Setting, SettingKind, Spec};
use crate::write::Output;

/// The login status numbers of this tile.
const NUMBERING: &str = "android";

/// Every generated file.
pub(crate) fn outputs(spec: &Spec) -> Vec<Output> {
    vec![
        output("bindings/kotlin/src/generated/kotlin/io/tessera/Status.kt", "status", &status(spec)),
        output("bindings/kotlin/src/generated/kotlin/io/tessera/Settings.kt", "settings", &settings(spec)),
        output(
            "bindings/kotlin/src/generated/kotlin/io/tessera/internal/Constants.kt",
            "*",
            &constants(spec),
        ),
        output(
            "bindings/kotlin/src/generated/java/io/tessera/v2tim/BaseConstants.java",
            "codes",
            &base_constants(spec),
        ),
        output("bindings/kotlin/src/generated/java/io/tessera/v2tim/Numbers.java", "status", &numbers(spec)),
    ]
}

// ---- Kotlin ---------------------------------------------------------------------------------------------------------

fn status(spec: &Spec) -> String {
    let status = &spec.status;
    let android = numbering(spec, NUMBERING);
    let states = status.login.states.iter().map(|state| {
        let constant = android.of(&state.name).expect("the states are those of C1");
        (state.name.as_str(), constant.number, format!("{} `{}`.", state.doc, constant.name))
    });
    let network = status
        .network
        .rows
        .iter()
        .map(|row| (row.name.as_str(), row.number, format!("{} `{}`.", row.doc, row.vendor)));
    let levels = status
        .log_level
        .rows
        .iter()
        .map(|row| (row.name.as_str(), row.number, format!("{} `{}`.", row.doc, row.vendor)));
    let platforms: String = status
        .platform
        .rows
        .iter()
        .map(|row| format!("    /** {} */\n    {}(\"{}\"),\n", row.doc, upper(&row.name), row.name))
        .collect();
    format!(
        "package io.tessera

{}
{}
{}
/** Platform of a device. */
public enum class Platform(
    /** Its name in settings. */
    public val text: String,
) {{
{platforms}}}
",
        numbered("LoginStatus", "Login state of a client, with Android's numbers.", states),
        numbered("ConnectionStatus", "State of the connection, as the C API numbers it.", network),
        numbered("LogLevel", "Lowest level of what is logged, as V2TIM numbers it.", levels),
    )
}

fn numbered<'a>(name: &str, doc: &str, rows: impl Iterator<Item = (&'a str, i32, String)>) -> String {
    let rows: String = rows
        .map(|(name, number, doc)| format!("    /** {doc} */\n    {}({number}),\n", upper(name)))
        .collect();
    format!(
        "/** {doc} */\npublic enum class {name}(\n    /** The published number. */\n    public val number: Int,\n) \
         {{\n{rows}}}\n"
    )
}

fn settings(spec: &Spec) -> String {
    let properties: Vec<String> = spec.settings.setting.iter().filter_map(property).collect();
    format!(
        "package io.tessera

/**
 * Every setting of the client as a property; `null` is what is not set. What the code does not set comes from the
 * manifest, then from the environment (`TESSERA_…`), then from the table's defaults. Values are checked at init.
 */
public abstract class Settings internal constructor() : NamedSettings() {{
{}}}
",
        properties.join("\n")
    )
}

/// Nothing for a log level: V2TIM has a type of its own for it, so hand-written code sets it.
fn property(row: &Setting) -> Option<String> {
    let (kind, read, write) = match row.kind {
        SettingKind::Url | SettingKind::Path | SettingKind::Text => ("String", "get", "value"),
        SettingKind::Bool => ("Boolean", "flag", "value?.toString()"),
        SettingKind::Ms | SettingKind::Percent | SettingKind::Count => {
            ("Long", "number", "value?.toString()")
        }
        SettingKind::Platform => ("Platform", "platform", "value?.text"),
        SettingKind::LogLevel => return None,
    };
    Some(format!(
        "    /** {} */
    public var {}: {kind}?
        get() = {read}(\"{name}\")
        set(value) = put(\"{name}\", {write})
",
        setting_doc(row),
        row.property(),
        name = row.name,
    ))
}

fn constants(spec: &Spec) -> String {
    format!(
        "package io.tessera.internal

/** What the version calls return. */
internal const val SDK_VERSION: String = {:?}

/** Version of what the library must export. */
internal const val UNIFFI_ABI_VERSION: UInt = {}u

/** How many events wait at most, before connect events are merged. */
internal const val EVENTS_WAITING_MAX: Int = {}
",
        spec.versions.sdk.version,
        spec.versions.uniffi.abi_version,
        events_waiting_max(spec),
    )
}

// ---- Java -----------------------------------------------------------------------------------------------------------

fn base_constants(spec: &Spec) -> String {
    let constant = |row: &Code| {
        format!("    /** {} */\n    public static final int {} = {};\n", row.meaning, row.name, row.number)
    };
    let constants: Vec<String> = spec.codes.codes.rows.iter().map(constant).collect();
    format!(
        "package io.tessera.v2tim;

/** Every error code of the session layer, under the name that V2TIM gives it. */
public final class BaseConstants {{
    private BaseConstants() {{
    }}

{}}}
",
        constants.join("\n")
    )
}

/// Several states share a number and a constant.
fn numbers(spec: &Spec) -> String {
    let android = numbering(spec, NUMBERING);
    let mut states: Vec<(&str, i32)> = Vec::new();
    for state in &spec.status.login.states {
        let constant = android.of(&state.name).expect("the states are those of C1");
        if states.iter().all(|(name, _)| *name != constant.name) {
            states.push((&constant.name, constant.number));
        }
    }
    let level = |row: &NamedNumber| format!("    static final int {} = {};\n", row.vendor, row.number);
    let states: String =
        states.iter().map(|(name, number)| format!("    static final int {name} = {number};\n")).collect();
    let levels: String = spec.status.log_level.rows.iter().map(level).collect();
    format!(
        "package io.tessera.v2tim;

/** The numbers of V2TIM's constants, which stand in its own classes. */
final class Numbers {{
    private Numbers() {{
    }}

{states}
{levels}}}
"
    )
}
