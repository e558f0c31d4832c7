//! Time zones by their names in the IANA Time Zone Database, which the claim `zoneinfo` speaks (OpenID Connect Core §5.1).
//!
//! Only names: what time it is there is asked of the reader's browser. `time_zones.txt` has every zone and link of release 2025b, sorted.

use std::fmt;

use serde::{Deserialize, Serialize};

const NAMES: &str = include_str!("time_zones.txt");

/// A time zone, such as `Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeZone(String);

impl TimeZone {
    /// The most bytes of a name.
    pub const LONGEST: usize = 40;

    /// Reads a name in any case; `None` if there is no such zone.
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        NAMES.lines().find(|name| name.eq_ignore_ascii_case(typed)).map(|name| Self(name.to_owned()))
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The time zone that this stored text is; it was parsed when it was written.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_the_names_of_the_database() {
        for (typed, name) in
            [("Europe/Berlin", "Europe/Berlin"), (" america/new_york ", "America/New_York"), ("utc", "UTC"), ("Etc/GMT+1", "Etc/GMT+1")]
        {
            assert_eq!(TimeZone::parse(typed).unwrap().as_str(), name);
        }
        for typed in ["", " ", "Berlin", "Europe/Berlin\nUTC", "Europe", "+01:00", "../UTC", "CET/"] {
            assert_eq!(TimeZone::parse(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn the_list_is_sorted_and_its_names_are_short() {
        let names: Vec<&str> = NAMES.lines().collect();
        assert!(names.len() > 500 && names.is_sorted() && names.iter().all(|name| !name.is_empty() && name.len() <= TimeZone::LONGEST));
    }
}
