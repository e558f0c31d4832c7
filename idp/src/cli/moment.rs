//! Moments on the command line: RFC 3339, in UTC.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::base::clock::Time;

/// The moment as text; beyond the calendar, its seconds.
pub(super) fn moment(time: Time) -> String {
    let text = OffsetDateTime::from_unix_timestamp(time.seconds()).ok().and_then(|moment| moment.format(&Rfc3339).ok());
    text.unwrap_or_else(|| time.seconds().to_string())
}
