//! Moments for people: relative in words when near, a date when far, the exact moment always at hand (`datetime` for the script that moves
//! it to the reader's zone, `title` for pointer and print). Pure: `now` is given. Everything here is UTC.

use fluent_bundle::FluentArgs;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, Time as TimeOfDay};

use crate::adapters::templates::translate::{TranslationError, Translations};
use crate::base::clock::Time;

/// A moment in the words of `lang`, as seen at `now`.
pub(super) struct Moment {
    /// In words: "today at 09:12", "3 May".
    pub(super) words: String,
    /// In full: "3 May 2026 at 09:12 UTC".
    pub(super) full: String,
    /// For machines (RFC 3339).
    pub(super) machine: String,
}

impl Moment {
    /// Puts `moment` into words. A moment beyond the year 9999 is none; it is shown as the start of 1970 rather than failing a page.
    pub(super) fn new(translations: &Translations, lang: &str, moment: Time, now: Time) -> Result<Self, TranslationError> {
        let at = date_time(moment);
        let today = date_time(now).date();
        let mut arguments = FluentArgs::new();
        arguments.set("day", at.day());
        arguments.set("month", u8::from(at.month()));
        arguments.set("year", at.year().to_string());
        arguments.set("time", clock_face(at.time()));
        arguments.set("zone", "UTC");
        let id = if at.date() == today {
            "moment-today"
        } else if at.date().next_day() == Some(today) {
            "moment-yesterday"
        } else if at.year() == today.year() {
            "moment-this-year"
        } else {
            "moment-date"
        };
        Ok(Self {
            words: translations.try_translate(lang, id, &arguments)?,
            full: translations.try_translate(lang, "moment-full", &arguments)?,
            machine: at.format(&Rfc3339).unwrap_or_default(),
        })
    }
}

fn date_time(moment: Time) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(moment.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn clock_face(time: TimeOfDay) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_moments_are_words_and_far_ones_dates() {
        let translations = Translations::load().unwrap();
        // 2026-05-03T09:12:40Z
        let moment = Time::from_seconds(1_777_799_560);
        let hours = |hours: i64| Time::from_seconds(moment.seconds() + hours * 3600);
        for (lang, now, words) in [
            ("en", hours(0), "today at 09:12"),
            ("en", hours(24), "yesterday at 09:12"),
            ("en", hours(48), "3 May"),
            ("en", hours(24 * 365), "3 May 2026"),
            ("de", hours(0), "heute um 09:12"),
            ("de", hours(48), "3. Mai"),
        ] {
            let shown = Moment::new(&translations, lang, moment, now).unwrap();
            assert_eq!(shown.words, words);
            assert_eq!(shown.machine, "2026-05-03T09:12:40Z");
        }
        assert_eq!(Moment::new(&translations, "en", moment, moment).unwrap().full, "3 May 2026, 09:12 UTC");
    }

    #[test]
    fn a_moment_out_of_range_fails_no_page() {
        let translations = Translations::load().unwrap();
        let shown = Moment::new(&translations, "en", Time::from_millis(i64::MAX), Time::from_seconds(0)).unwrap();
        assert_eq!(shown.machine, "1970-01-01T00:00:00Z");
    }
}
