//! One's own security events: what the audit log says about a person, in the parts that are theirs to know. What an event means in words is for
//! the page; a kind that it has no words for is told as something that happened.

use serde_json::{Map, Value};

use crate::actions::audit::Actor;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::id::{AuditEventId, ClientId};
use crate::store::StoreError;
use crate::store::audit_event::{self, Kinds};
use crate::store::reads::session_and_user::SessionAndUser;

/// How many events a page shows.
const PAGE: usize = 50;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Signing in, confirming, signing out.
    SignIns,
    /// Ways in, codes, address, profile.
    Changes,
    /// Applications.
    Apps,
}

impl About {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 3] = [Self::SignIns, Self::Changes, Self::Apps];

    /// Its name in an address.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIns => "sign-ins",
            Self::Changes => "changes",
            Self::Apps => "apps",
        }
    }
}

/// The kinds that the page has a sentence for, `activity-KIND`.
pub const KINDS: &[(&str, About)] = &[
    ("signed_in", About::SignIns),
    ("sign_in_failed", About::SignIns),
    ("confirmed", About::SignIns),
    ("confirmation_failed", About::SignIns),
    ("password_refused", About::SignIns),
    ("second_step_refused", About::SignIns),
    ("account_chosen", About::SignIns),
    ("session_ended", About::SignIns),
    ("sessions_ended", About::SignIns),
    ("backchannel_logout_given_up", About::SignIns),
    ("user_created", About::Changes),
    ("user_activated", About::Changes),
    ("user_deactivated", About::Changes),
    ("passkey_registered", About::Changes),
    ("passkey_registration_failed", About::Changes),
    ("passkey_renamed", About::Changes),
    ("passkey_revoked", About::Changes),
    ("passkey_counter_went_back", About::Changes),
    ("backup_codes_made", About::Changes),
    ("backup_codes_acknowledged", About::Changes),
    ("backup_codes_discarded", About::Changes),
    ("backup_code_used", About::Changes),
    ("password_set", About::Changes),
    ("password_changed", About::Changes),
    ("password_removed", About::Changes),
    ("totp_added", About::Changes),
    ("totp_replaced", About::Changes),
    ("totp_removed", About::Changes),
    ("profile_changed", About::Changes),
    ("email_change_asked", About::Changes),
    ("email_change_cancelled", About::Changes),
    ("email_change_failed", About::Changes),
    ("email_changed", About::Changes),
    ("not_me", About::Changes),
    ("passkey_unfrozen", About::Changes),
    ("mail_given_up", About::Changes),
    ("recovery_link_made", About::Changes),
    ("recovery_failed", About::Changes),
    ("recovered", About::Changes),
    ("consent_given", About::Apps),
    ("consent_denied", About::Apps),
    ("app_disconnected", About::Apps),
    ("tokens_issued", About::Apps),
    ("grant_revoked", About::Apps),
    ("code_reused", About::Apps),
    ("refresh_token_reused", About::Apps),
];

/// Kinds that say nothing a person would miss: another event of the same moment says it, or they are a client's routine.
pub const ROUTINE: [&str; 9] = [
    "session_started",
    "session_authenticated_again",
    "tokens_refreshed",
    "access_token_revoked",
    "link_used",
    "code_burned",
    "password_accepted",
    "recovery_code_accepted",
    "breached_passwords_not_asked",
];

/// An event, as far as it is its person's to know.
#[derive(Clone, Debug)]
pub struct Happened {
    /// When.
    pub at: Time,
    /// What: a kind that has a sentence; none for any other.
    pub kind: Option<&'static str>,
    /// Why, or by what means, where the sentence differs by it.
    pub why: Option<String>,
    /// The application it is about.
    pub client: Option<ClientId>,
    /// The row id of the passkey it is about.
    pub passkey: Option<String>,
    /// The browser and system it came from.
    pub device: Option<String>,
    /// The network it came from.
    pub network: Option<String>,
    /// Whether somebody who runs the server did it, at its command line.
    pub by_operator: bool,
}

/// A page of events.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The newest first.
    pub events: Vec<Happened>,
    /// Where the next page goes on, if there is one.
    pub older: Option<AuditEventId>,
}

fn read(row: &audit_event::Model) -> Happened {
    let detail: Map<String, Value> = serde_json::from_str(&row.detail).unwrap_or_default();
    let text = |name: &str| detail.get(name).and_then(Value::as_str).map(str::to_owned);
    // What a client did came from its own server, which says nothing about where the person was.
    let place = |name: &str| text(name).filter(|_| row.client_id.as_ref().is_none_or(|id| row.actor != Actor::Client(id.clone()).to_string()));
    Happened {
        at: row.at,
        kind: KINDS.iter().map(|(kind, _)| *kind).find(|kind| *kind == row.kind),
        why: text("why").or_else(|| Some(text("method")?.replace(' ', "-"))).or_else(|| text("passkey").map(|_| "passkey".to_owned())),
        client: row.client_id.clone(),
        passkey: text("passkey"),
        device: place("device"),
        network: place("network"),
        by_operator: row.actor == Actor::CommandLine.to_string(),
    }
}

/// What happened around the account of whoever is signed in `here`, before the event `before`. One read.
pub async fn of(app: &App, here: &SessionAndUser, about: Option<About>, before: Option<AuditEventId>) -> Result<Activity, StoreError> {
    let kinds = match about {
        Some(about) => Kinds::Only(KINDS.iter().filter(|(_, other)| *other == about).map(|(kind, _)| *kind).collect()),
        None => Kinds::AllBut(ROUTINE.to_vec()),
    };
    let limit = u64::try_from(PAGE + 1).unwrap_or(u64::MAX);
    let mut rows = audit_event::of_user(app.store(), here.user.id, kinds, before, limit).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let older = rows.last().filter(|_| more).map(|row| row.id);
    Ok(Activity { events: rows.iter().map(read).collect(), older })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::adapters::templates::Templates;

    /// C-LOG-01: every kind that is shown has its sentence, in every language; one that is said or hidden is not both.
    #[test]
    fn every_kind_has_its_sentence() {
        let templates = Templates::load("").unwrap();
        for lang in ["en", "de"] {
            let locale = templates.negotiate(Some(lang));
            for kind in KINDS.iter().map(|(kind, _)| *kind).chain(["other"]) {
                let id = format!("activity-{kind}");
                let said = templates.translate(&locale, &id, &[("why", "none"), ("client", "Acme Wiki"), ("passkey", "Blue key")]);
                assert!(!said.is_empty() && said != id, "{kind} in {lang}");
            }
        }
        let known: BTreeSet<&str> = KINDS.iter().map(|(kind, _)| *kind).chain(ROUTINE).collect();
        assert_eq!(known.len(), KINDS.len() + ROUTINE.len(), "a kind stands twice");
    }
}
