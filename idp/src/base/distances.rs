//! Distances between tries of what may fail for now: the first one, then twice as long after each try, up to the longest.

use std::time::Duration;

/// How they grow.
#[derive(Clone, Copy, Debug)]
pub struct Distances {
    /// After the first try.
    pub first: Duration,
    /// None is longer.
    pub longest: Duration,
}

impl Distances {
    /// How long to wait after the n-th try.
    pub fn after(self, tries: i64) -> Duration {
        let doublings = u32::try_from(tries.saturating_sub(1).clamp(0, 16)).unwrap_or(0);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_double_and_have_an_end() {
        let distances = Distances { first: Duration::from_mins(1), longest: Duration::from_hours(6) };
        let minutes: Vec<u64> = (1..=11).map(|tries| distances.after(tries).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
        assert_eq!((distances.after(0), distances.after(i64::MIN), distances.after(i64::MAX)), (distances.first, distances.first, distances.longest));
    }
}
