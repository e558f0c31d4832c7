//! One sample of each page in each state that looks different: what the tests render, and what a person can look at. No server has it: it
//! is built for tests, and with the feature `samples` for those that look from outside.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::missing_panics_doc, reason = "part of tests alone")]

use std::time::Duration;

use serde_json::Value;

mod ways;

use super::pages::{
    App, BackupCodes, Brand, Client, Codes, Confirm, Consent, Dashboard, ErrorPage, Field, FormPost, House, Invitation, KnownPasskeys, Leads, Look,
    NavItem, OwnPasskey, Page, Passkey, Presented, Refused, Remembered, RenamePasskey, RevokePasskey, Setup, Shown, SignIn, SignInMethods, SignOut,
    SignedOut, User, Wait, WayOut,
};
use crate::base::clock::Time;
use crate::protocol::claim_names::ClaimName;

mod accounts;
mod not_me;
mod own_account;
mod passkeys;
mod profile;
mod recovery;
mod second_step;

/// The moment the samples are seen at: 2026-05-03T12:00:00Z.
const NOW: i64 = 1_777_809_600;
const HOUR: i64 = 3600;

/// The codes that an error page can be asked for. Whoever adds a code adds its sentences, or these tests say so.
pub const ERROR_CODES: &[&str] = &[
    "internal",
    "not_found",
    "method_not_allowed",
    "invalid_request",
    "unknown_client",
    "request_expired",
    "request_foreign",
    "request_answered",
    "pushed_request_unknown",
    "csrf_failed",
    "too_large",
    "unsupported_media_type",
    "too_many_attempts",
    "unavailable",
    "forbidden",
    "link_invalid",
    "link_expired",
    "already_set_up",
    "ceremony_expired",
    "ceremony_used",
    "ceremony_foreign",
    "passkey_unknown",
    "passkey_invalid",
    "passkey_other_account",
    "passkey_exists",
    "passkey_not_verified",
    "email_invalid",
    "email_taken",
    "name_invalid",
    "sign_in_refused",
    "codes_replaced",
    "not_acceptable",
    "not_signed_in",
    "user_unknown",
    "client_id_missing",
    "client_id_repeated",
    "redirect_uri_missing",
    "redirect_uri_repeated",
    "redirect_uri_not_registered",
    "client_unknown",
    "id_token_hint_invalid",
    "id_token_hint_of_another_client",
    "post_logout_redirect_uri_not_registered",
    "confirm_needed",
    "passkeys_full",
    "passkey_name_invalid",
    "last_passkey",
    "email_unchanged",
    "recovery_unproved",
    "backup_code_invalid",
    "backup_code_used",
    "password_invalid",
    "password_current_wrong",
    "password_too_short",
    "password_too_long",
    "password_weak",
    "password_breached",
    "password_not_allowed",
    "code_invalid",
    "totp_not_confirmed",
    "totp_needs_password",
    "enrolment_expired",
    "confirm_expired",
    "confirm_with_passkey",
    "confirm_impossible",
    "last_way",
    "second_step_over",
    "account_changed",
    "passkey_suspected",
    "passkey_not_allowed",
    "password_wrong",
    "misdirected",
    "tls_needed",
    "passkey_required",
    "enrolment_over",
];

/// A page in one of its states.
pub struct Sample {
    /// The page, as `render` knows it.
    pub page: &'static str,
    /// Which of its states, for the name of the file.
    pub state: &'static str,
    /// What it is given, to be changed at will by a test.
    pub context: Value,
}

/// Every page in every state that looks different.
pub fn all() -> Vec<Sample> {
    let mut samples = sign_in();
    samples.extend(coming_aboard());
    samples.extend(at_home());
    samples.extend(ways_in());
    samples.extend(ways::all());
    samples.extend(profile::samples());
    samples.extend(recovery::samples());
    samples.extend(leaving());
    samples.extend(accounts::all());
    samples.extend(not_me::all());
    samples.extend(own_account::all());
    samples.extend(passkeys::all());
    samples.extend(errors());
    samples.extend(second_step::all());
    samples
}

fn sign_in() -> Vec<Sample> {
    let plain = SignIn {
        request: None,
        presented: None,
        email: None,
        typed: String::new(),
        auto: false,
        remembered: None,
        leads: Leads::Email,
        offers_password: true,
        error: None,
        wait: None,
        can_cancel: false,
    };
    let asked = SignIn { request: text("a b&c\"d"), presented: Some(wiki()), can_cancel: true, ..plain.clone() };
    vec![
        sample("plain", plain.clone()),
        sample("remembered", SignIn { remembered: remembered("alice@northwind.example", "AE"), leads: Leads::Passkey, ..asked.clone() }),
        sample(
            "remembered-long",
            SignIn {
                remembered: remembered("somebody.with.a.remarkably.long.address@subdomain.northwind.example", "S"),
                leads: Leads::Passkey,
                ..plain.clone()
            },
        ),
        sample("with-email", SignIn { email: text("alice@northwind.example"), auto: true, ..asked.clone() }),
        sample(
            "long",
            SignIn { presented: Some(long()), email: text("somebody.with.a.remarkably.long.address@subdomain.northwind.example"), ..asked.clone() },
        ),
        sample("for-a-client", asked),
        sample("error", SignIn { error: text("error-email_invalid"), typed: "alice@".into(), ..plain.clone() }),
        sample("wrong-password", SignIn { error: text("error-sign_in_wrong"), email: text("alice@northwind.example"), ..plain.clone() }),
        sample("without-passwords", SignIn { offers_password: false, ..plain.clone() }),
        sample("remembered-password", SignIn { remembered: remembered("alice@northwind.example", "AE"), leads: Leads::Password, ..plain.clone() }),
        sample(
            "refused",
            SignIn {
                error: text("error-too_many_attempts"),
                wait: Some(Wait::of(Duration::from_secs(64))),
                email: text("alice@northwind.example"),
                ..plain
            },
        ),
    ]
}

fn coming_aboard() -> Vec<Sample> {
    let setup = Setup { action: "/setup/abc".into(), email: String::new(), name: String::new() };
    let invitation =
        Invitation { action: "/invitation/abc".into(), email: "bob@northwind.example".into(), name: "Bob".into(), inviter: text("Alice Example") };
    let codes = BackupCodes {
        codes: (0..10).map(|number| format!("{number}x4kq-7m2p-dv9w-t3hs-6fyc-8rbn1")).collect(),
        set: "s1".into(),
        account: "alice@northwind.example".into(),
        issuer: "https://id.northwind.example".into(),
        made_at: ago(1),
        request: None,
        error: None,
    };
    vec![
        sample("prefilled", Setup { email: "alice@northwind.example".into(), name: "Alice \"<b>\" Example".into(), ..setup.clone() }),
        sample("empty", setup),
        sample("by-nobody", Invitation { inviter: None, name: String::new(), ..invitation.clone() }),
        sample("invited", invitation),
        sample("replaced", BackupCodes { error: text("error-codes_replaced"), ..codes.clone() }),
        sample("on-the-way", BackupCodes { request: text("abc"), ..codes.clone() }),
        sample("first", codes),
    ]
}

fn at_home() -> Vec<Sample> {
    let app = |name: &str, description: Option<&str>| App {
        name: name.into(),
        description: description.map(Into::into),
        url: "https://app.example/".into(),
        initial: name[..1].into(),
        logo_uri: None,
    };
    let house = house("dashboard");
    let endless = "Who flies where, with what, and above all when: a description that does not want to end, as they do";
    vec![
        sample(
            "full",
            Dashboard {
                house: house.clone(),
                needs: vec![],
                lately: vec![own_account::used("Acme Wiki", true, 2), own_account::used("Donaudampfschifffahrtsgesellschaft", false, 30)],
                apps: vec![app("Acme Wiki", Some("What we know, written down")), app("Photo Box", None), app("Flight Plans", Some(endless))],
                more: 1,
                known: known(&["AQID", "BAUG"]),
            },
        ),
        sample(
            "everything-needs-one",
            Dashboard {
                house: house.clone(),
                needs: own_account::needs(),
                lately: vec![],
                apps: vec![app("Photo Box", None)],
                more: 43,
                known: known(&["AQID"]),
            },
        ),
        sample("empty", Dashboard { house, needs: vec![], lately: vec![], apps: vec![], more: 0, known: known(&["AQID"]) }),
    ]
}

/// The rail.
const ITEMS: [(&str, &str); 6] = [
    ("dashboard", "/account"),
    ("profile", "/account/profile"),
    ("sign-in-methods", "/account/sign-in-methods"),
    ("sessions", "/account/sessions"),
    ("apps", "/account/apps"),
    ("activity", "/account/activity"),
];

fn house(nav: &'static str) -> House {
    let item = |id, url: &str| NavItem { id, url: url.into() };
    House { user: alice(), nav, nav_items: ITEMS.into_iter().map(|(id, url)| item(id, url)).collect() }
}

fn ways_in() -> Vec<Sample> {
    let own = |name: &str, kind, synced, used: Option<i64>| OwnPasskey {
        passkey: Passkey {
            name: name.into(),
            synced,
            created_at: ago(24 * 30),
            last_used_at: used.map(ago),
            last_used_from: used.map(|_| "Chrome on Android, 2001:db8:1:2::/64".into()),
            suspected_at: None,
            frozen_at: None,
        },
        kind,
        rename_url: "/account/passkeys/p1/rename".into(),
        revoke_url: "/account/passkeys/p1/delete".into(),
        unfreeze_url: "/account/passkeys/p1/unfreeze".into(),
    };
    let two = SignInMethods {
        house: house("sign-in-methods"),
        passkeys: vec![
            own("iCloud Keychain", None, true, Some(3)),
            own("The blue one in the drawer, for the days on which everything else is lost", Some("YubiKey 5"), false, None),
        ],
        nudge: false,
        has_room: true,
        most: 20,
        passwords_work: true,
        password: None,
        totp: None,
        codes: ways::codes(10, &[]),
        news: None,
        known: known(&["AQID", "BAUG"]),
        suspected_refused: true,
    };
    let mut copied = two.clone();
    copied.passkeys.iter_mut().skip(1).for_each(|own| own.passkey.suspected_at = Some(ago(30)));
    let mut frozen = SignInMethods { news: Some("unfrozen"), ..two.clone() };
    frozen.passkeys.iter_mut().skip(1).for_each(|own| own.passkey.frozen_at = Some(ago(2)));
    let one = SignInMethods { passkeys: vec![own("Windows Hello", None, false, Some(1))], nudge: true, news: Some("revoked"), ..two.clone() };
    let rename = RenamePasskey {
        action: "/account/passkeys/p1/rename".into(),
        name: "YubiKey 5".into(),
        is_new: false,
        longest: 60,
        error: None,
        back_url: "/account/sign-in-methods".into(),
    };
    let revoke = RevokePasskey {
        action: "/account/passkeys/p1/delete".into(),
        name: "YubiKey 5".into(),
        account: "alice@northwind.example".into(),
        remaining: vec!["iCloud Keychain".into(), "Windows Hello on my work laptop".into()],
        password: true,
        totp: true,
        back_url: "/account/sign-in-methods".into(),
    };
    let confirm = Confirm {
        account: "alice@northwind.example".into(),
        is_weak: false,
        action: text("/account/passkeys/p1/rename"),
        fields: vec![Field { name: "name".into(), value: "YubiKey 5".into() }],
        go_url: None,
        back_url: "/account/sign-in-methods".into(),
    };
    let by_password = SignInMethods {
        passkeys: vec![],
        nudge: false,
        password: ways::way(3, Some(2)),
        totp: ways::way(2, None),
        codes: ways::codes(2, &[5, 24 * 3]),
        ..two.clone()
    };
    vec![
        sample(
            "none-left",
            SignInMethods { passkeys: vec![], nudge: false, known: KnownPasskeys { may_be_none: true, ..known(&[]) }, ..one.clone() },
        ),
        sample("one", one),
        sample("copied-allowed", SignInMethods { suspected_refused: false, ..copied.clone() }),
        sample("copied", copied),
        sample("frozen", frozen),
        sample(
            "full",
            SignInMethods { has_room: false, news: Some("renamed"), codes: Codes { saved_at: None, ..ways::codes(0, &[]) }, ..two.clone() },
        ),
        sample("password-alone", SignInMethods { totp: None, news: Some("password-changed-everywhere"), ..by_password.clone() }),
        sample("passwords-off", SignInMethods { passwords_work: false, ..by_password.clone() }),
        sample("last-passkey-gone", SignInMethods { news: Some("revoked"), ..by_password.clone() }),
        sample("every-way", SignInMethods { passkeys: two.passkeys.clone(), codes: ways::codes(10, &[]), ..by_password }),
        sample("two", two),
        sample("new", RenamePasskey { is_new: true, ..rename.clone() }),
        sample("refused", RenamePasskey { error: Some("error-passkey_name_invalid"), name: "…".into(), ..rename.clone() }),
        sample("usual", rename),
        sample("last", RevokePasskey { remaining: vec![], password: false, totp: false, ..revoke.clone() }),
        sample("last-but-password", RevokePasskey { remaining: vec![], totp: false, ..revoke.clone() }),
        sample("usual", revoke),
        sample("weak", Confirm { is_weak: true, action: None, fields: vec![], go_url: text("/account/password"), ..confirm.clone() }),
        sample("usual", confirm),
    ]
}

fn known(credentials: &[&str]) -> KnownPasskeys {
    KnownPasskeys {
        rp_id: "id.northwind.example".into(),
        user_id: "AAAAAAAAAAAAAAAAAAAAAA".into(),
        name: "alice@northwind.example".into(),
        display_name: "Alice Example".into(),
        credentials: credentials.iter().map(|&id| id.to_owned()).collect(),
        may_be_none: false,
    }
}

fn leaving() -> Vec<Sample> {
    let scopes = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let consent = Consent {
        presented: wiki(),
        user: alice(),
        scopes: scopes(&["openid", "profile", "email", "offline_access"]),
        claims: Vec::new(),
        resources: Vec::new(),
        action: "/consent/abc".into(),
        request: text("abc"),
    };
    let refused = Refused {
        presented: Presented { unverified: true, ..wiki() },
        error: "invalid_scope",
        description: "scope must have openid".into(),
        url: None,
        action: text("https://wiki.acme.example/cb"),
        fields: vec![Field { name: "error".into(), value: "invalid_scope".into() }],
    };
    let sign_out = SignOut {
        action: "/logout".into(),
        fields: vec![Field { name: "state".into(), value: "xyz".into() }],
        presented: None,
        accounts: vec![alice()],
        stay_url: text("/account"),
    };
    let signed_out =
        SignedOut { presented: None, continue_url: None, others: vec![], choose_url: "/choose-account".into(), sign_in_url: "/login".into() };
    vec![
        sample(
            "unknown",
            Consent { presented: long(), scopes: scopes(&["openid", "phone", "address", "wiki:write"]), request: None, ..consent.clone() },
        ),
        sample("unverified", Consent { presented: Presented { unverified: true, ..wiki() }, ..consent.clone() }),
        sample(
            "one-by-one",
            Consent {
                claims: ClaimName::ALL.map(ClaimName::name).to_vec(),
                resources: vec!["https://api.acme.example/v1".into(), "urn:example:files".into()],
                ..consent.clone()
            },
        ),
        sample("usual", consent),
        sample(
            "usual",
            FormPost {
                presented: wiki(),
                action: "https://wiki.acme.example/cb".into(),
                fields: vec![Field { name: "code".into(), value: "wo_x".into() }, Field { name: "state".into(), value: "\"><b>".into() }],
            },
        ),
        sample(
            "by-address",
            Refused { url: text("https://wiki.acme.example/cb?error=invalid_scope"), action: None, fields: vec![], ..refused.clone() },
        ),
        sample("posted", refused),
        sample("asked", SignOut { presented: Some(wiki()), stay_url: None, ..sign_out.clone() }),
        sample("several", SignOut { accounts: vec![alice(), accounts::bob(), accounts::long()], ..sign_out.clone() }),
        sample("own", sign_out),
        sample("with-a-way-back", SignedOut { presented: Some(wiki()), continue_url: text("https://wiki.acme.example/"), ..signed_out.clone() }),
        sample("others", SignedOut { others: vec![accounts::bob(), accounts::long()], ..signed_out.clone() }),
        sample("own", signed_out),
    ]
}

fn errors() -> Vec<Sample> {
    let page = |code: &str, status, detail| {
        let ways_out = [("/account", "way-account"), ("/login", "way-sign-in"), ("/", "way-again")];
        let ways_out = ways_out.map(|(url, label)| WayOut { url: url.into(), label });
        ErrorPage { code: code.into(), status, ways_out: ways_out.into(), detail, wait: None }
    };
    let mut samples: Vec<_> = ERROR_CODES.iter().map(|&code| sample(code, page(code, if code == "internal" { 500 } else { 400 }, None))).collect();
    samples.push(sample("with-detail", page("invalid_request", 400, text("redirect_uri stands there twice"))));
    samples.push(sample("with-a-wait", ErrorPage { wait: Some(Wait::of(Duration::from_secs(1))), ..page("too_many_attempts", 429, None) }));
    samples.push(sample("without-a-way", ErrorPage { ways_out: vec![], ..page("unavailable", 503, None) }));
    samples
}

fn wiki() -> Presented {
    presented("Acme Wiki", "wiki.acme.example")
}

fn long() -> Presented {
    let name = "Donaudampfschifffahrtsgesellschaftskapitänsmützen-Verzeichnis";
    presented(name, "a-very-long-name.of-a-very-deep.subdomain.acme.example")
}

fn presented(name: &str, host: &str) -> Presented {
    Presented {
        client: Client { name: name.into(), host: host.into(), logo_uri: None, initial: name[..1].into() },
        policy_uri: Some(format!("https://{host}/privacy")),
        tos_uri: Some(format!("https://{host}/terms")),
        unverified: false,
    }
}

fn alice() -> User {
    User { name: "Alice Example".into(), email: "alice@northwind.example".into(), initials: "AE".into() }
}

#[expect(clippy::unnecessary_wraps, reason = "what it fills may be missing")]
fn remembered(email: &str, initials: &str) -> Option<Remembered> {
    Some(Remembered { email: email.to_owned(), initials: initials.to_owned() })
}

fn ago(hours: i64) -> Time {
    Time::from_seconds(NOW - hours * HOUR)
}

#[expect(clippy::unnecessary_wraps, reason = "what it fills may be missing")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn sample<P: Page>(state: &'static str, page: P) -> Sample {
    let shown = Shown {
        csrf: "csrf-token-of-this-browser".into(),
        request_id: "0198f5c2-7d1e-7a3b-9c4d-5e6f7a8b9c0d".into(),
        brand: Brand { name: "Northwind".into() },
        now: Time::from_seconds(NOW),
        look: Look::default(),
        page,
    };
    Sample { page: P::NAME, state, context: serde_json::to_value(&shown).unwrap() }
}
