//! How long somebody has to wait, as a page says it.

use std::time::Duration;

use serde::Serialize;

/// So many of a unit, rounded up: whoever comes back then does not come too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// `seconds`, `minutes`, `hours` or `days`; `try-again-in-UNIT` is the sentence.
    pub unit: &'static str,
    /// How many.
    pub count: u64,
}

impl Wait {
    /// The largest unit of which there are at least two; what is shorter is said in seconds.
    pub fn of(wait: Duration) -> Self {
        let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1);
        let fitting = [("days", 86_400), ("hours", 3_600), ("minutes", 60)].into_iter().find(|(_, size)| seconds >= 2 * size);
        let (unit, size) = fitting.unwrap_or(("seconds", 1));
        Self { unit, count: seconds.div_ceil(size) }
    }

    /// The sentence.
    pub fn message(&self) -> String {
        format!("try-again-in-{}", self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up_to_what_people_say() {
        for (millis, unit, count) in [
            (0, "seconds", 1),
            (1, "seconds", 1),
            (1_001, "seconds", 2),
            (119_000, "seconds", 119),
            (120_000, "minutes", 2),
            (121_000, "minutes", 3),
            (3_600_000, "minutes", 60),
            (7_200_001, "hours", 3),
            (86_400_000, "hours", 24),
            (172_800_000, "days", 2),
        ] {
            assert_eq!(Wait::of(Duration::from_millis(millis)), Wait { unit, count }, "{millis}");
        }
    }
}
