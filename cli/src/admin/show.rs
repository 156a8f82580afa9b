//! Answers of the admin endpoint as lines for people. A field that is not there shows as `-`.

use serde_json::Value;

use crate::output::moment;

pub(super) fn apps(answer: &Value) -> Vec<String> {
    let apps = rows(answer, "apps").iter().map(|app| {
        let policy = &app["policy"];
        format!(
            "app {}: {} sessions, {} connected; policy {policy}",
            text(&app["id"]),
            text(&app["sessions"]),
            text(&app["connected"])
        )
    });
    apps.collect()
}

pub(super) fn sessions(answer: &Value) -> Vec<String> {
    let sessions = rows(answer, "sessions");
    let state = if answer["disabled"] == Value::Bool(true) { "; the account is disabled" } else { "" };
    let mut lines = vec![format!("{} sessions{state}", sessions.len())];
    lines.extend(sessions.iter().map(|session| {
        let connected = if session["connected"] == Value::Bool(true) { "connected" } else { "away" };
        let expires = session["expires"].as_u64().map_or("-".to_owned(), |ms| moment(ms / 1000));
        format!(
            "{}  {:<8} {connected:<9} device {}  ticket until {expires}",
            text(&session["session"]),
            text(&session["platform"]),
            text(&session["device"])
        )
    }));
    lines
}

pub(super) fn kicked(answer: &Value) -> Vec<String> {
    let after = answer["sign_after"].as_u64();
    let when = after.map_or("-".to_owned(), moment);
    vec![format!(
        "{} sessions ended; tickets signed from {when} (sign_after {}) on are accepted",
        text(&answer["sessions"]),
        text(&answer["sign_after"])
    )]
}

pub(super) fn disabled(answer: &Value) -> Vec<String> {
    vec![format!("disabled; {} sessions ended", text(&answer["sessions"]))]
}

pub(super) fn policy(rules: &Value) -> Vec<String> {
    vec![
        format!("policy {}", rules["policy"]),
        format!("offline_kick_error {}", text(&rules["offline_kick_error"])),
    ]
}

pub(super) fn active(answer: &Value) -> Vec<String> {
    vec![format!("{} users, {} logins", text(&answer["users"]), text(&answer["logins"]))]
}

pub(super) fn audit(answer: &Value) -> Vec<String> {
    let records = rows(answer, "records").iter().map(|record| {
        let at = record["at"].as_u64().map_or("-".to_owned(), |ms| moment(ms / 1000));
        let [actor, action, app, user, detail] =
            ["actor", "action", "app", "user", "detail"].map(|key| text(&record[key]));
        format!("{at}  {actor}  {action}  app {app}  user {user}  {detail}")
    });
    records.collect()
}

fn rows<'a>(answer: &'a Value, key: &str) -> &'a [Value] {
    answer[key].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
