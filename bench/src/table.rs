//! Rows: for people as a table, for scripts as JSON.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Outcome;
use crate::setup::Counts;

/// Something measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    group: String,
    name: String,
    measured: f64,
    unit: String,
    anchors: Vec<Anchor>,
    budget: Option<f64>,
    within: Option<bool>,
}

/// What it is held against, measured in the same run.
#[derive(Clone, Debug, Serialize)]
struct Anchor {
    what: String,
    measured: f64,
    ratio: f64,
}

/// What a program of another language says of a row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    name: String,
    measured: f64,
    unit: String,
    #[serde(default)]
    anchors: Vec<GivenAnchor>,
    budget: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenAnchor {
    what: String,
    measured: f64,
}

impl Row {
    pub(crate) fn new(name: impl Into<String>, measured: f64, unit: &'static str) -> Self {
        let (group, name, unit) = (String::new(), name.into(), unit.to_owned());
        Row { group, name, measured, unit, anchors: Vec::new(), budget: None, within: None }
    }

    /// A row that a program of another language has measured, as a line of JSON.
    pub(crate) fn read(line: &str) -> Outcome<Self> {
        let given: Given = serde_json::from_str(line).map_err(|error| format!("{line:?}: {error}"))?;
        let mut row = Row { unit: given.unit, ..Row::new(given.name, given.measured, "") };
        for anchor in given.anchors {
            row = row.beside(anchor.what, anchor.measured);
        }
        Ok(if let Some(budget) = given.budget { row.budget(budget) } else { row })
    }

    /// Of which group it is.
    pub(crate) fn of(self, group: &str) -> Self {
        Row { group: group.to_owned(), ..self }
    }

    /// Something else that does the same or a part of it.
    pub(crate) fn beside(mut self, what: impl Into<String>, measured: f64) -> Self {
        self.anchors.push(Anchor { what: what.into(), measured, ratio: self.measured / measured });
        self
    }

    /// The most that it may be.
    pub(crate) fn budget(self, budget: f64) -> Self {
        Row { within: Some(self.measured <= budget), budget: Some(budget), ..self }
    }
}

/// The table.
pub(crate) fn show(rows: &[Row]) -> String {
    let head = ["row", "measured", "anchor", "ratio", "budget", ""].map(str::to_owned);
    let mut lines = vec![head];
    for row in rows {
        let number = |value: f64| format!("{} {}", short(value), row.unit);
        let verdict = row.within.map_or("", |within| if within { "within" } else { "MISSES" });
        let budget = row.budget.map_or(String::new(), |budget| format!("<= {}", number(budget)));
        let mut line = [
            format!("{}: {}", row.group, row.name),
            number(row.measured),
            String::new(),
            String::new(),
            budget,
            verdict.to_owned(),
        ];
        for anchor in &row.anchors {
            line[2] = format!("{} {}", number(anchor.measured), anchor.what);
            line[3] = format!("{:.2}", anchor.ratio);
            lines.push(std::mem::take(&mut line));
        }
        if row.anchors.is_empty() {
            lines.push(line);
        }
    }
    let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let text = |line: &[String; 6]| {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    lines.iter().map(text).collect::<Vec<_>>().join("\n")
}

/// The rows with what the machine is and how much was done.
pub(crate) fn json(rows: &[Row], counts: &Counts) -> Outcome<String> {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let machine = json!({
        "cpu": model.trim_start_matches(['\t', ' ', ':']),
        "cpus": cpus,
        "kernel": std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
    });
    Ok(serde_json::to_string_pretty(&json!({ "machine": machine, "counts": counts, "rows": rows }))?)
}

/// Three digits, or the whole part.
fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_another_language_is_read() {
        let line = r#"{"name":"status getter","measured":2,"unit":"ns","anchors":[{"what":"ctypes","measured":4}],"budget":3}"#;
        let shown = show(&[Row::read(line).unwrap().of("python")]);
        assert!(shown.lines().nth(1).unwrap().starts_with("python: status getter"), "{shown}");
        assert!(shown.contains("0.50") && shown.contains("within"), "{shown}");
        assert!(Row::read(r#"{"name":"status getter","measured":2,"unit":"ns","budgets":3}"#).is_err());
    }

    #[test]
    fn a_row_shows_its_anchors_and_whether_it_is_within_its_budget() {
        let rows = [
            Row::new("fast", 2.0, "µs").beside("slow", 4.0).beside("slower", 8.0).budget(2.0).of("a"),
            Row::new("fat", 300.4, "B").budget(200.0).of("b"),
        ];
        let shown = show(&rows);
        let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            lines[1],
            "a: fast 2.00 µs 4.00 µs slow 0.50 <= 2.00 µs within".split(' ').collect::<Vec<_>>()
        );
        assert_eq!(lines[2], ["8.00", "µs", "slower", "0.25"]);
        assert_eq!(lines[3], "b: fat 300 B <= 200 B MISSES".split(' ').collect::<Vec<_>>());
    }
}
