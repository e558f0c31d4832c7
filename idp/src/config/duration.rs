//! Lengths of time as people write them: `30s`, `5min`, `12h`, `14d`. One number, one unit, nothing else.

use std::time::Duration;

const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

/// So many days.
pub(super) const fn days(count: u64) -> Duration {
    Duration::from_hours(24 * count)
}

/// Reads one length of time; `None` for anything but digits followed by `s`, `min`, `h` or `d` (a lone `0` needs no unit).
pub fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at_checked(digits)?;
    let seconds = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    Some(Duration::from_secs(number.parse::<u64>().ok()?.checked_mul(seconds)?))
}

/// Writes a length of time with the largest unit that leaves no rest; [`parse`] reads it back.
pub(super) fn show(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (unit, size) = UNITS.into_iter().find(|(_, size)| seconds != 0 && seconds.is_multiple_of(*size)).unwrap_or(("s", 1));
    format!("{}{unit}", seconds / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_strict() {
        for (text, seconds) in [("0", 0), ("0s", 0), ("5s", 5), ("60s", 60), ("5min", 300), ("12h", 43_200), ("180d", 15_552_000)] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for bad in ["", "5", "s", "5m", "5 min", " 5s", "-5s", "+5s", "1.5h", "5S", "1h30min", "٥s", "99999999999999999999d", "9999999999999999999d"]
        {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_is_shown_reads_back() {
        for text in ["0s", "5s", "90s", "1min", "30min", "12h", "36h", "14d"] {
            assert_eq!(parse(text).map(show).as_deref(), Some(text));
        }
        assert_eq!(show(Duration::from_mins(1)), "1min");
    }
}
