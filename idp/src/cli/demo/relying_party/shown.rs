//! How claims and times look on a page. Pure: `now` is given. Times are in UTC: pages here carry no script that could know better.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::base::clock::Time;

/// Claims that hold a moment in seconds since 1970 (RFC 7519 §2, OpenID Connect Core §2, §5.1).
const MOMENTS: [&str; 5] = ["exp", "iat", "nbf", "auth_time", "updated_at"];
/// What a refresh is looked at for.
const COMPARED: [&str; 5] = ["iat", "exp", "auth_time", "sub", "sid"];

/// One line of a table of claims.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    /// The claim.
    name: String,
    /// Its value for a person.
    value: String,
    /// Its value as it stands in the token, where that is not the same.
    raw: Option<String>,
    /// What it means.
    meaning: &'static str,
}

/// What a refresh did to one claim or token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    /// The claim, or what the token is called.
    pub(super) name: String,
    /// Before.
    pub(super) before: String,
    /// After.
    pub(super) after: String,
    /// Whether these differ.
    pub(super) changed: bool,
}

/// A table of claims, in the order of the token.
pub(super) fn rows(claims: &Map<String, Value>, now: Time) -> Vec<Row> {
    let row = |(name, value): (&String, &Value)| {
        let moment = MOMENTS.contains(&name.as_str()).then(|| value.as_i64()).flatten();
        Row {
            name: name.clone(),
            value: moment.map_or_else(|| plain(value), |seconds| distance_and_date(seconds, now)),
            raw: moment.map(|seconds| seconds.to_string()),
            meaning: meaning(name),
        }
    };
    claims.iter().map(row).collect()
}

/// What differs between two sets of claims, and what must not.
pub(super) fn changes(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let words = |name: &str, value: Option<&Value>| match value {
        Some(value) if MOMENTS.contains(&name) => value.as_i64().map_or_else(|| plain(value), date),
        Some(value) => plain(value),
        None => "–".to_owned(),
    };
    COMPARED
        .iter()
        .map(|name| (*name, before.get(*name), after.get(*name)))
        .filter(|(_, before, after)| before.is_some() || after.is_some())
        .map(|(name, before, after)| Change {
            name: name.to_owned(),
            before: words(name, before),
            after: words(name, after),
            changed: before != after,
        })
        .collect()
}

/// "25 Nov 2026, 09:51:03 UTC"
pub(super) fn date(seconds: i64) -> String {
    let Ok(at) = OffsetDateTime::from_unix_timestamp(seconds) else { return seconds.to_string() };
    let month = at.month().to_string();
    let month = month.get(..3).unwrap_or(&month);
    format!("{} {month} {}, {:02}:{:02}:{:02} UTC", at.day(), at.year(), at.hour(), at.minute(), at.second())
}

/// "9 min 58 s", the two largest units.
pub(super) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let words: Vec<_> = parts.iter().skip_while(|(count, _)| *count == 0).take(2).map(|(count, unit)| format!("{count} {unit}")).collect();
    if words.is_empty() { "0 s".to_owned() } else { words.join(" ") }
}

/// "in 9 min 58 s · 25 Nov 2026, 09:51:03 UTC", or "... ago".
pub(super) fn distance_and_date(seconds: i64, now: Time) -> String {
    let (moment, this_second) = (Time::from_seconds(seconds), Time::from_seconds(now.seconds()));
    let words =
        if moment > this_second { format!("in {}", span(moment.since(this_second))) } else { format!("{} ago", span(this_second.since(moment))) };
    format!("{words} · {}", date(seconds))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// OpenID Connect Core §2, §3.1.3.6, §5.1; RFC 8176; RFC 7515 §4.1.
fn meaning(name: &str) -> &'static str {
    match name {
        "iss" => "who says all this",
        "sub" => "who you are, for good",
        "aud" => "whom it is said to",
        "azp" => "the client it was made for",
        "exp" => "no longer true after",
        "iat" => "said at",
        "nbf" => "not true before",
        "auth_time" => "when you last proved who you are",
        "nonce" => "ties it to this browser's request",
        "acr" => "how strong that proof was",
        "amr" => "how you proved it",
        "at_hash" => "ties it to the access token",
        "c_hash" => "ties it to the code",
        "sid" => "the session at the provider",
        "jti" => "this token's own name",
        "name" => "what you are called",
        "given_name" => "first name",
        "family_name" => "last name",
        "preferred_username" => "short name",
        "email" => "e-mail address",
        "email_verified" => "whether that address is known to be yours",
        "locale" => "language",
        "zoneinfo" => "time zone",
        "updated_at" => "when your profile last changed",
        "groups" => "groups you are in",
        "alg" => "how it is signed",
        "kid" => "with which key",
        "typ" => "what it is",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 2026-11-25T09:51:03Z
    const MOMENT: i64 = 1_795_600_263;

    #[test]
    fn moments_are_readable_and_keep_their_number() {
        let claims = json!({"exp": MOMENT, "amr": ["hwk", "user"], "email_verified": true, "sub": "1"});
        let rows = rows(claims.as_object().unwrap(), Time::from_millis((MOMENT - 598) * 1000 + 999));
        let of = |name: &str| rows.iter().find(|row| row.name == name).unwrap();
        assert_eq!(of("exp").value, "in 9 min 58 s · 25 Nov 2026, 09:51:03 UTC");
        assert_eq!(of("exp").raw.as_deref(), Some("1795600263"));
        assert_eq!(of("amr").value, "hwk, user");
        assert_eq!((of("email_verified").value.as_str(), of("sub").value.as_str()), ("true", "1"));
    }

    #[test]
    fn what_is_no_moment_stays_as_it_is() {
        assert_eq!(date(i64::MAX), i64::MAX.to_string());
        assert_eq!(distance_and_date(MOMENT, Time::from_seconds(MOMENT)), "0 s ago · 25 Nov 2026, 09:51:03 UTC");
        let rows = rows(json!({"exp": "soon"}).as_object().unwrap(), Time::default());
        assert_eq!((rows[0].value.as_str(), rows[0].raw.as_deref()), ("soon", None));
    }

    #[test]
    fn spans_have_two_units() {
        for (seconds, words) in [(0, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3_661, "1 h 1 min"), (90_000, "1 d 1 h")] {
            assert_eq!(span(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn a_refresh_is_compared_claim_by_claim() {
        let (before, after) = (json!({"iat": 1, "sub": "a", "nonce": "n"}), json!({"iat": 2, "sub": "a", "auth_time": 1}));
        let found = changes(before.as_object().unwrap(), after.as_object().unwrap());
        let names: Vec<_> = found.iter().map(|change| (change.name.as_str(), change.changed)).collect();
        assert_eq!(names, [("iat", true), ("auth_time", true), ("sub", false)]);
        assert_eq!((found[1].before.as_str(), found[1].after.as_str()), ("–", "1 Jan 1970, 00:00:01 UTC"));
    }
}
