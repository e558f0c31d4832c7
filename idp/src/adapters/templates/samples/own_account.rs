//! One's own sessions, connected applications and activity, and what the dashboard says of them.

use super::super::pages::{Activity, Apps, Client, Event, Filter, Needs, OpenedWith, OwnApp, OwnSession, RevokeApp, Sessions, UsedApp};
use super::{Sample, ago, house, sample, text};

fn client(name: &str, host: &str) -> Client {
    Client { name: name.into(), host: host.into(), logo_uri: None, initial: name[..1].into() }
}

pub(super) fn used(name: &str, opens: bool, hours: i64) -> UsedApp {
    UsedApp { client: client(name, "app.example"), url: opens.then(|| "https://app.example/".into()), last_used_at: ago(hours) }
}

pub(super) fn needs() -> Vec<Needs> {
    let need = |about, is_bad, name: &str, count| Needs { about, is_bad, name: name.into(), count, url: "/account/sign-in-methods".into() };
    vec![
        need("suspected-passkey", true, "YubiKey 5", 0),
        need("frozen-passkey", true, "The blue one in the drawer", 0),
        need("unverified-email", false, "", 0),
        need("few-codes", false, "", 1),
        need("one-passkey", false, "", 0),
    ]
}

pub(super) fn all() -> Vec<Sample> {
    let mut samples = sessions();
    samples.extend(apps());
    samples.extend(activity());
    samples
}

fn sessions() -> Vec<Sample> {
    let session = |device: Option<&str>, network: &str, opened_with, current| OwnSession {
        device: device.map(Into::into),
        network: network.into(),
        began_at: ago(24 * 9),
        seen_at: ago(if current { 0 } else { 30 }),
        opened_with,
        current,
        end_url: "/account/sessions/abc/end".into(),
    };
    let named = |name: &str| OpenedWith::Passkey { name: name.into() };
    let here = session(Some("Firefox on Linux"), "203.0.113.7", named("iCloud Keychain"), true);
    let several = Sessions {
        house: house("sessions"),
        sessions: vec![
            here.clone(),
            session(Some("Samsung Internet on Android"), "2001:db8:aaaa:bbbb::/64", OpenedWith::RevokedPasskey, false),
            session(Some("Safari"), "198.51.100.200", OpenedWith::PasswordAndCode, false),
            session(None, "198.51.100.200", OpenedWith::Password, false),
            session(
                Some("Edge on Windows"),
                "198.51.100.1",
                named("The blue one in the drawer, for the days on which everything else is lost"),
                false,
            ),
        ],
        most: 50,
        news: Some("session-ended"),
    };
    vec![sample("one", Sessions { sessions: vec![here], news: Some("other-sessions-ended"), ..several.clone() }), sample("several", several)]
}

fn apps() -> Vec<Sample> {
    let app = |name: &str, scopes: &[&str], offline, was_asked: bool| OwnApp {
        client: client(name, "wiki.acme.example"),
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        claims: if offline { vec!["birthdate", "address"] } else { Vec::new() },
        resources: if offline { vec!["https://api.acme.example/v1".to_owned()] } else { Vec::new() },
        since: ago(24 * 40),
        last_used_at: was_asked.then(|| ago(5)),
        offline,
        was_asked,
        revoke_url: "/account/apps/wiki/revoke".into(),
    };
    let wiki = app("Acme Wiki", &["openid", "profile", "email", "offline_access"], true, true);
    let trusted = app("Donaudampfschifffahrtsgesellschaftskapitänsmützen-Verzeichnis", &["openid", "wiki:write", "phone"], false, false);
    let connected = Apps { house: house("apps"), apps: vec![wiki.clone(), trusted.clone()], is_news: false };
    let revoke = |app| RevokeApp { app, action: "/account/apps/wiki/revoke".into(), back_url: "/account/apps".into() };
    vec![
        sample("none", Apps { apps: vec![], is_news: true, ..connected.clone() }),
        sample("some", connected),
        sample("asked", revoke(wiki)),
        sample("trusted", revoke(trusted)),
    ]
}

fn activity() -> Vec<Sample> {
    let filter = |name, current| Filter { name, url: format!("/account/activity?about={name}"), current };
    let event = |kind: &'static str, why: &str, hours| Event {
        at: ago(hours),
        kind,
        why: why.into(),
        client: text("Acme Wiki"),
        passkey: (why != "gone").then(|| "iCloud Keychain".into()),
        device: text("Firefox on Linux"),
        network: text("203.0.113.7"),
        by_operator: false,
    };
    let mut events: Vec<Event> = ["signed_in", "sign_in_failed", "confirmed", "account_chosen", "consent_given", "tokens_issued", "code_reused"]
        .into_iter()
        .map(|kind| event(kind, "", 3))
        .collect();
    for why in ["signed_out", "signed_out_at_a_client", "ended_by_owner", "too_many_accounts", "too_many_sessions"] {
        events.push(event("session_ended", why, 30));
    }
    for why in ["ended_by_owner", "passkey_revoked", "deactivated"] {
        events.push(event("sessions_ended", why, 24 * 9));
    }
    events.push(event("passkey_registered", "gone", 24 * 500));
    events.push(Event { device: None, network: None, client: None, by_operator: true, ..event("other", "", 24 * 500) });
    let filters = vec![filter("all", true), filter("sign-ins", false), filter("changes", false), filter("apps", false)];
    let everything =
        Activity { house: house("activity"), filters, events, is_first: true, older_url: text("/account/activity?before=abc&about=apps") };
    vec![sample("none", Activity { events: vec![], older_url: None, ..everything.clone() }), sample("everything", everything)]
}
