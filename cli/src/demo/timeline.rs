//! What a person sees: one line for each thing that happens, with the time and the device it happens on.

use std::time::Instant;

use crate::output::line;

/// The clock of the story.
pub(super) struct Timeline {
    start: Instant,
}

impl Timeline {
    pub(super) fn start() -> Timeline {
        line("  time  where    what");
        Timeline { start: Instant::now() }
    }

    /// The title of a chapter.
    pub(super) fn chapter(&self, title: &str) {
        line("");
        line(title);
    }

    /// Something that happens.
    pub(super) fn tell(&self, place: &str, what: &str) {
        line(&format!("{:>5.1}s  {place:<8} {what}", self.start.elapsed().as_secs_f64()));
    }

    /// Something that was checked.
    pub(super) fn check<T: PartialEq + std::fmt::Debug>(
        &self,
        place: &str,
        what: &str,
        found: &T,
        expected: &T,
    ) -> Result<(), String> {
        if found == expected {
            self.tell(place, &format!("✓ {what}"));
            return Ok(());
        }
        self.tell(place, &format!("✗ {what}"));
        Err(format!("{place}: {what}: expected {expected:?}, found {found:?}"))
    }

    pub(super) fn end(&self) {
        line("");
        line(&format!("the story took {:.1} s", self.start.elapsed().as_secs_f64()));
    }
}
