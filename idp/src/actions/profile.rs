//! What a person says about themselves, and how they want our pages. It proves nothing and opens nothing, so no fresh proof is asked for it.

use crate::actions::audit::{Actor, Event, Origin};
use crate::actions::sessions;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::{AppError, Kind};
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::user::{self, Said};
use crate::store::{Job, StoreError, Write, session};

struct Say {
    session: session::Model,
    said: Said,
    origin: Origin,
    now: Time,
}

impl Job for Say {
    /// `false` if the session has ended.
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        let user = match user::hold_to_change(write, self.session.user_id).await? {
            Some(user) if sessions::is_still_open(write, &self.session, &user).await? => user,
            _ => return Ok(false),
        };
        let changed = changed(&Said::of(&user), &self.said);
        if changed.is_empty() {
            return Ok(true);
        }
        // OpenID Connect Core §5.1: `updated_at` is about what clients are told; how our pages look is not.
        let is_told = changed.iter().any(|field| !matches!(field.as_str(), "language" | "theme"));
        user::change_said(write, user.id, &self.said, is_told.then_some(self.now)).await?;
        let event = Event::new("profile_changed", &self.origin).user(user.id).session(self.session.id);
        event.detail("fields", changed).record(write, self.now).await?;
        Ok(true)
    }
}

/// The names of what is said otherwise than before, in alphabetical order. Names alone: what is said stands in the person's row (D-AUD-03).
fn changed(before: &Said, after: &Said) -> Vec<String> {
    let members = |said: &Said| match serde_json::to_value(&said.profile) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let (was, is) = (members(before), members(after));
    let mut changed: Vec<String> = was.keys().chain(is.keys()).filter(|name| was.get(*name) != is.get(*name)).cloned().collect();
    let mut compare = |name: &str, same: bool| {
        if !same {
            changed.push(name.to_owned());
        }
    };
    compare("name", before.name == after.name);
    compare("language", before.language == after.language);
    compare("theme", before.theme == after.theme);
    compare("zoneinfo", before.time_zone == after.time_zone);
    changed.sort_unstable();
    changed.dedup();
    changed
}

/// Puts `said` in the place of what whoever is signed in `here` said before.
///
/// # Errors
/// `not_signed_in` if the session has ended meanwhile.
pub async fn say(app: &App, here: &SessionAndUser, said: Said, origin: &Origin) -> Result<(), AppError> {
    let origin = origin.clone().by(Actor::User(here.user.id));
    let say = Say { session: here.session.clone(), said, origin, now: app.now() };
    if app.store().write(say).await? { Ok(()) } else { Err(AppError::new(Kind::Unauthenticated, "not_signed_in")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::claim_values::{Line, PhoneNumber};
    use crate::protocol::profile::{Address, Profile};
    use crate::protocol::time_zone::TimeZone;
    use crate::store::user::Theme;

    #[test]
    fn what_changed_is_named_and_nothing_else() {
        let said = Said { name: "Ada".into(), profile: Profile::default(), language: None, time_zone: None, theme: None };
        let full = Said {
            profile: Profile {
                nickname: Line::parse("A"),
                phone_number: PhoneNumber::parse("+4312345678"),
                address: Address { locality: Line::parse("Wien"), ..Address::default() },
                ..Profile::default()
            },
            time_zone: TimeZone::parse("UTC"),
            theme: Some(Theme::Dark),
            ..said.clone()
        };
        assert_eq!(changed(&said, &said), Vec::<String>::new());
        assert_eq!(changed(&said, &full), ["address", "nickname", "phone_number", "theme", "zoneinfo"]);
        let renamed = Said { name: "Eve".into(), profile: Profile { nickname: Line::parse("B"), ..full.profile.clone() }, ..full.clone() };
        assert_eq!(changed(&full, &renamed), ["name", "nickname"]);
        assert_eq!(changed(&full, &said), ["address", "nickname", "phone_number", "theme", "zoneinfo"]);
    }
}
