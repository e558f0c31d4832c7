//! One sample of each page in each state that looks different: what the tests render, and what a person can look at.

use serde_json::{Value, json};

/// The moment the samples are seen at: 2026-05-03T12:00:00Z.
const NOW: i64 = 1_777_809_600_000;
const HOUR: i64 = 3_600_000;

/// The codes that an error page can be asked for. Whoever adds a code adds its sentences, or these tests say so.
pub(super) const ERROR_CODES: [&str; 33] = [
    "internal",
    "not_found",
    "method_not_allowed",
    "invalid_request",
    "unknown_client",
    "redirect_uri_mismatch",
    "request_expired",
    "request_foreign",
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
];

/// A page in one of its states.
pub(super) struct Sample {
    /// The page, as `render` knows it.
    pub(super) page: &'static str,
    /// Which of its states, for the name of the file.
    pub(super) state: &'static str,
    /// What it is given.
    pub(super) context: Value,
}

/// Every page in every state that looks different.
pub(super) fn all() -> Vec<Sample> {
    let wiki = presented("Acme Wiki", "wiki.acme.example", "W");
    let long =
        presented("Donaudampfschifffahrtsgesellschaftskapitänsmützen-Verzeichnis", "a-very-long-name.of-a-very-deep.subdomain.acme.example", "D");
    let sign_in =
        json!({"request": null, "presented": null, "email": null, "typed": "", "auto": false, "leads": "email", "error": null, "can_cancel": false});
    let setup = json!({"action": "/setup/abc", "email": "", "name": ""});
    let invitation = json!({"action": "/invitation/abc", "email": "bob@northwind.example", "name": "Bob", "inviter": "Alice Example"});
    let codes = json!({
        "codes": (0..10).map(|number| format!("{number}x4kq-7m2p-dv9w-t3hs-6fyc-8rbn1")).collect::<Vec<_>>(),
        "set": "s1", "account": "alice@northwind.example", "issuer": "https://id.northwind.example", "made_at": NOW - HOUR, "request": null, "error": null,
    });
    let app = |name: &str, description: Option<&str>, initial: &str| json!({"name": name, "description": description, "url": "https://app.example", "initial": initial, "logo_uri": null});
    let passkey = |name: &str, synced: bool, age: i64, used: Option<i64>| json!({"name": name, "synced": synced, "created_at": NOW - age * HOUR, "last_used_at": used.map(|hours| NOW - hours * HOUR)});
    let dashboard = json!({
        "user": alice(), "nav": "dashboard", "nav_items": [{"id": "dashboard", "url": "/account"}], "nudge": false,
        "passkeys": [passkey("iCloud Keychain", true, 24 * 400, Some(3)), passkey("YubiKey 5", false, 24 * 30, None)],
        "apps": [app("Acme Wiki", Some("What we know, written down"), "W"), app("Photo Box", None, "P"), app("Flight Plans", Some("Who flies where, with what, and above all when: a description that does not want to end, as they do"), "F")],
    });
    let consent = json!({"presented": wiki, "user": alice(), "scopes": ["openid", "profile", "email", "offline_access"], "action": "/consent/abc", "request": "abc"});
    let sign_out = json!({"action": "/logout", "fields": [{"name": "state", "value": "xyz"}], "presented": null, "stay_url": "/account"});
    let signed_out = json!({"presented": null, "continue_url": null, "sign_in_url": "/login"});
    let error = json!({"code": "not_found", "status": 404, "ways_out": [{"url": "/account", "label": "way-account"}, {"url": "/login", "label": "way-sign-in"}, {"url": "/", "label": "way-again"}], "detail": null});

    let mut samples = vec![
        sample("sign-in", "plain", &sign_in, json!({})),
        sample("sign-in", "for-a-client", &sign_in, json!({"presented": wiki, "request": "a b&c\"d", "can_cancel": true})),
        sample("sign-in", "remembered", &sign_in, json!({"presented": wiki, "request": "abc", "leads": "passkey", "can_cancel": true})),
        sample(
            "sign-in",
            "with-email",
            &sign_in,
            json!({"presented": wiki, "request": "abc", "email": "alice@northwind.example", "auto": true, "can_cancel": true}),
        ),
        sample("sign-in", "error", &sign_in, json!({"error": "error-email_invalid", "typed": "alice@"})),
        sample(
            "sign-in",
            "long",
            &sign_in,
            json!({"presented": long, "email": "somebody.with.a.remarkably.long.address@subdomain.northwind.example", "can_cancel": true}),
        ),
        sample("setup", "empty", &setup, json!({})),
        sample("setup", "prefilled", &setup, json!({"email": "alice@northwind.example", "name": "Alice \"<b>\" Example"})),
        sample("invitation", "invited", &invitation, json!({})),
        sample("invitation", "by-nobody", &invitation, json!({"inviter": null, "name": ""})),
        sample("backup-codes", "first", &codes, json!({})),
        sample("backup-codes", "replaced", &codes, json!({"error": "error-codes_replaced"})),
        sample("backup-codes", "on-the-way", &codes, json!({"request": "abc"})),
        sample("dashboard", "full", &dashboard, json!({})),
        sample("dashboard", "nudge", &dashboard, json!({"nudge": true, "apps": [], "passkeys": [passkey("Windows Hello", false, 20, Some(19))]})),
        sample("consent", "usual", &consent, json!({})),
        sample("consent", "unknown", &consent, json!({"scopes": ["openid", "phone", "address", "wiki:write"], "presented": long})),
        sample("sign-out", "own", &sign_out, json!({})),
        sample("sign-out", "asked", &sign_out, json!({"presented": wiki, "stay_url": null})),
        sample("signed-out", "own", &signed_out, json!({})),
        sample("signed-out", "with-a-way-back", &signed_out, json!({"presented": wiki, "continue_url": "https://wiki.acme.example/"})),
        sample("error", "with-detail", &error, json!({"code": "redirect_uri_mismatch", "status": 400, "detail": "redirect_uri"})),
    ];
    samples.extend(
        ERROR_CODES.iter().map(|&code| sample("error", code, &error, json!({"code": code, "status": if code == "internal" { 500 } else { 404 }}))),
    );
    samples
}

fn presented(name: &str, host: &str, initial: &str) -> Value {
    json!({
        "client": {"name": name, "host": host, "initial": initial, "logo_uri": null},
        "policy_uri": format!("https://{host}/privacy"), "tos_uri": format!("https://{host}/terms"),
    })
}

fn alice() -> Value {
    json!({"name": "Alice Example", "email": "alice@northwind.example", "initials": "AE"})
}

/// What every page is given, then what this page usually is, then what is special in this state.
fn sample(page: &'static str, state: &'static str, usual: &Value, special: Value) -> Sample {
    let mut context = json!({"csrf": "csrf-token-of-this-browser", "request_id": "0198f5c2-7d1e-7a3b-9c4d-5e6f7a8b9c0d", "brand": {"name": "Northwind"}, "now": NOW});
    for more in [usual, &special] {
        for (name, value) in more.as_object().into_iter().flatten() {
            context[name] = value.clone();
        }
    }
    Sample { page, state, context }
}
