//! The profile over HTTP: what a person says about themselves, which application is told what of it, and how they want our pages.

use serde_json::{Value, json};
use weftid_tests::on_both_databases;
use weftid_tests::person::Person;
use weftid_tests::provider::Provider;

use crate::main_job::ada;
use crate::stored::events;

const PLACE: &str = "/account/profile";

/// One value for every field that becomes a claim, as a person types it.
const EVERYTHING: [(&str, &str); 19] = [
    ("name", "Ada King"),
    ("preferred_username", "ada"),
    ("nickname", "Addie"),
    ("given_name", "Augusta Ada"),
    ("middle_name", "Noel"),
    ("family_name", "King"),
    ("gender", "female"),
    ("birthdate", "0000-12-10"),
    ("locale", "en_gb"),
    ("profile", "https://people.example/ada"),
    ("picture", "https://people.example/ada.png"),
    ("website", "HTTPS://Ada.Example"),
    ("phone_number", "+44 (20) 7946-0000"),
    ("street_address", "12 St James's Square\r\nTop floor"),
    ("postal_code", "SW1Y 4JH"),
    ("locality", "London"),
    ("region", "England"),
    ("country", "United Kingdom"),
    ("time_zone", "europe/london"),
];

/// The same as an application that may see everything is told it, without `sub` and `updated_at`.
fn told() -> Value {
    json!({
        "name": "Ada King", "preferred_username": "ada", "nickname": "Addie", "given_name": "Augusta Ada", "middle_name": "Noel", "family_name": "King",
        "gender": "female", "birthdate": "0000-12-10", "locale": "en-GB", "profile": "https://people.example/ada",
        "picture": "https://people.example/ada.png", "website": "https://ada.example/", "zoneinfo": "Europe/London",
        "phone_number": "+442079460000", "phone_number_verified": false, "email": "ada@shop.test", "email_verified": true,
        "address": {
            "formatted": "12 St James's Square\nTop floor\nSW1Y 4JH London\nEngland\nUnited Kingdom", "street_address": "12 St James's Square\nTop floor",
            "postal_code": "SW1Y 4JH", "locality": "London", "region": "England", "country": "United Kingdom"
        },
    })
}

/// The person signs in, if they aren't, and opens their profile.
async fn opens_profile(provider: &Provider, person: &mut Person) {
    if person.opens(provider.url(PLACE)).await.page(200).name() == "sign-in" {
        person.touches_passkey().await.shows("dashboard");
        person.opens(provider.url(PLACE)).await.shows("profile");
    }
}

/// The person says everything that can be said.
pub(crate) async fn says_everything(provider: &Provider, person: &mut Person) {
    opens_profile(provider, person).await;
    let page = person.submits(PLACE, &EVERYTHING).await.shows("profile");
    assert!(page.text().contains("Saved."), "{}", page.text());
}

on_both_databases! {
    /// OpenID Connect Core §5.1, §5.4, A-UI-03: what a person says is told in the words of the specification, to whoever may see it, each scope its
    /// own part, at userinfo and in ID tokens alike; and the log knows which claims changed, and none of their values.
    async fn what_is_said_is_told_by_scope(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        says_everything(&provider, &mut ada).await;
        let client = json!({
            "client_id": "all", "client_name": "All", "redirect_uris": ["https://all.test/cb"], "scope": "openid profile email phone address",
            "scope_claims_in_id_token": true,
        });
        let all = provider.client(client).await;
        for scopes in [[].as_slice(), &["profile"], &["email"], &["phone"], &["address"], &["profile", "email", "phone", "address"]] {
            let tokens = all.welcomes(&mut ada, scopes).await;
            let mut userinfo = all.asks_userinfo(&tokens.access_token).await.expect(200).json();
            let members = userinfo.as_object_mut().unwrap();
            members.remove("sub");
            let updated_at = members.remove("updated_at");
            assert_eq!(updated_at.is_some_and(|moment| moment.is_number()), scopes.contains(&"profile"));
            let mut expected = told();
            expected.as_object_mut().unwrap().retain(|claim, _| {
                let scope = match claim.as_str() {
                    "phone_number" | "phone_number_verified" => "phone",
                    "address" => "address",
                    "email" | "email_verified" => "email",
                    _ => "profile",
                };
                scopes.contains(&scope)
            });
            assert_eq!(userinfo, expected, "{scopes:?}");
            let in_token = tokens.claims.as_object().unwrap();
            assert!(expected.as_object().unwrap().iter().all(|(claim, value)| in_token.get(claim) == Some(value)), "{scopes:?} {in_token:?}");
            let hidden = told();
            let leaked = hidden.as_object().unwrap().keys().find(|claim| expected.get(claim.as_str()).is_none() && in_token.contains_key(*claim));
            assert_eq!(leaked, None, "{scopes:?}");
        }
        assert_eq!(events(&provider.database, "profile_changed").await, 1);
        let words = "detail LIKE '%Addie%' OR detail LIKE '%London%' OR detail LIKE '%7946%' OR detail LIKE '%ada.example%'";
        assert_eq!(provider.database.count(&format!("SELECT count(*) FROM audit_events WHERE {words}")).await, 0);
        let named = "kind = 'profile_changed' AND detail LIKE '%birthdate%' AND detail LIKE '%phone_number%' AND detail NOT LIKE '%theme%'";
        assert_eq!(provider.database.count(&format!("SELECT count(*) FROM audit_events WHERE {named}")).await, 1);
    }

    /// The page shows what was said, so that it can be changed or taken back; what is taken back is told no more, and saying the same again is no change.
    async fn what_was_said_can_be_taken_back(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        says_everything(&provider, &mut ada).await;
        let form = ada.page().form_to(PLACE).unwrap();
        let shown = |name: &str| form.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()).unwrap();
        assert_eq!((shown("website"), shown("time_zone"), shown("birthdate")), ("https://ada.example/".into(), "Europe/London".into(), "0000-12-10".into()));
        // Where a browser keeps the ends of lines, our reader of pages folds them.
        ada.submit(&form, &[("street_address", "12 St James's Square\r\nTop floor")], None).await.shows("profile");
        assert_eq!(events(&provider.database, "profile_changed").await, 1);
        let nothing: Vec<(&str, &str)> = EVERYTHING.iter().map(|(name, _)| (*name, if *name == "name" { "Ada" } else { " " })).collect();
        ada.submits(PLACE, &nothing).await.shows("profile");
        assert_eq!(events(&provider.database, "profile_changed").await, 2);
        assert_eq!(provider.database.count("SELECT count(*) FROM users WHERE name = 'Ada' AND profile = '{}' AND time_zone IS NULL").await, 1);
        let shop = provider.shop("shop").await;
        let tokens = shop.welcomes(&mut ada, &["profile"]).await;
        let userinfo = shop.asks_userinfo(&tokens.access_token).await.expect(200).json();
        let told: std::collections::BTreeSet<&str> = userinfo.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(told, ["name", "sub", "updated_at"].into());
    }

    /// C-ID-01, B-REG-11: what can't be kept is said beside its field and in a list that leads there; nothing at all is saved, and what was typed stays.
    async fn what_cannot_be_kept_saves_nothing(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        says_everything(&provider, &mut ada).await;
        let long = "a".repeat(101);
        for (field, typed) in [
            ("name", ""), ("name", "a\u{202e}b"), ("nickname", &long), ("given_name", "a\u{200b}b"), ("preferred_username", "eve@shop.test"),
            ("birthdate", "1990-02-30"), ("birthdate", "2300"), ("website", "javascript:alert(1)"), ("picture", "http://people.example/a.png"),
            ("profile", "https://user:secret@people.example/"), ("locale", "english please"), ("phone_number", "020 7946 0000"),
            ("street_address", "1\r\n2\r\n3\r\n4\r\n5\r\n6"), ("time_zone", "Europe/Nowhere"), ("language", "tlh"), ("theme", "pink"),
        ] {
            opens_profile(&provider, &mut ada).await;
            let arrival = ada.submits(PLACE, &[("nickname", "Changed"), (field, typed)]).await;
            let page = arrival.page(400);
            assert_eq!(page.name(), "profile");
            let wrong: Vec<&str> = page.with("aria-invalid", "true").filter_map(|element| element.attribute("id")).collect();
            assert_eq!(wrong, [field], "{typed:?}");
            let beside = format!("{field}-error");
            assert!(page.with("id", &beside).next().is_some_and(|element| !page.text_of(element).is_empty()), "{field}");
            assert_eq!(page.with("href", &format!("#{field}")).count(), 1, "{field}");
            assert!(page.with("role", "alert").next().is_some());
            let kept = page.form_to(PLACE).unwrap().fields.into_iter().find(|(name, _)| name == "nickname").map(|(_, value)| value);
            assert_eq!(kept.as_deref(), Some(if field == "nickname" { long.as_str() } else { "Changed" }), "{field}");
        }
        assert_eq!(events(&provider.database, "profile_changed").await, 1);
        assert_eq!(provider.database.count("SELECT count(*) FROM users WHERE profile LIKE '%Changed%'").await, 0);
    }

    /// C-REC-07: nobody makes an address, a telephone number or a role their own by saying so.
    async fn nobody_verifies_themselves(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        opens_profile(&provider, &mut ada).await;
        provider.database.execute("UPDATE users SET email_verified_at = NULL").await;
        let more = [
            ("phone_number", "+442079460000"), ("email", "eve@shop.test"), ("email_verified", "true"), ("email_verified_at", "1"),
            ("phone_number_verified", "true"), ("role", "super_admin"), ("sub", "x"), ("security_epoch", "9"),
        ];
        ada.submits(PLACE, &more).await.shows("profile");
        let as_before = "email = 'ada@shop.test' AND email_verified_at IS NULL AND role = 'user' AND security_epoch = 0";
        assert_eq!(provider.database.count(&format!("SELECT count(*) FROM users WHERE {as_before}")).await, 1);
        let client = json!({
            "client_id": "all", "client_name": "All", "redirect_uris": ["https://all.test/cb"], "scope": "openid email phone",
        });
        let all = provider.client(client).await;
        let tokens = all.welcomes(&mut ada, &["email", "phone"]).await;
        let userinfo = all.asks_userinfo(&tokens.access_token).await.expect(200).json();
        assert_eq!((&userinfo["email_verified"], &userinfo["phone_number_verified"]), (&json!(false), &json!(false)));
    }

    /// Language, time zone and theme are the person's own: they win over what the browser asks for, on error pages too, for nobody else, and not
    /// before somebody has signed in.
    async fn pages_are_as_the_person_wants_them(kind: Kind) {
        let provider = Provider::start(kind).await;
        let mut ada = ada(&provider).await;
        opens_profile(&provider, &mut ada).await;
        let root = |page: &weftid_tests::html::Page| {
            let html = page.all("html").next().unwrap().clone();
            ["lang", "data-theme", "data-time-zone"].map(|name| html.attribute(name).unwrap_or_default().to_owned())
        };
        assert_eq!(root(&ada.page()), ["en", "", ""]);
        let chosen = [("language", "de"), ("theme", "dark"), ("time_zone", "Europe/Vienna")];
        let page = ada.submits(PLACE, &chosen).await.shows("profile");
        assert_eq!(root(&page), ["de", "dark", "Europe/Vienna"]);
        assert!(page.text().contains("Gespeichert."), "{}", page.text());
        assert_eq!(page.with("name", "color-scheme").next().unwrap().attribute("content"), Some("dark"));
        assert_eq!(events(&provider.database, "profile_changed").await, 1);
        for (path, status) in [("/account", 200), ("/account/sign-in-methods", 200), ("/account/passkeys/nobodys/rename", 404), ("/logout", 200)] {
            assert_eq!(root(&ada.opens(provider.url(path)).await.page(status)), ["de", "dark", "Europe/Vienna"], "{path}");
        }
        // A script hears it in the same language.
        let answer = ada.posts_json("/account/passkeys/finish", &json!({"ceremony": "x", "credential": {}})).await.expect(400);
        assert_eq!(answer.json()["title"], "Das begann in einem anderen Browser oder Tab", "{answer}");
        ada.opens(provider.url("/sign-out")).await.shows("sign-out");
        assert_eq!(root(&ada.presses("sign-out", &[]).await.shows("signed-out"))[1..], [String::new(), String::new()]);
        assert_eq!(root(&ada.opens(provider.url("/login")).await.shows("sign-in")), ["en", "", ""]);
        let mut bob = provider.person("bob@id.example", "Bob").await;
        assert_eq!(root(&bob.opens(provider.url("/account")).await.shows("dashboard")), ["en", "", ""]);
    }

    /// C-WEB-01, C-SES-05: only a page of ours, in this browser, changes a profile, and only while its person is signed in.
    async fn a_profile_is_changed_by_its_person_alone(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, mut bob) = (ada(&provider).await, provider.person("bob@id.example", "Bob").await);
        opens_profile(&provider, &mut ada).await;
        bob.opens(provider.url(PLACE)).await.shows("profile");
        let (mine, his) = (ada.page().form_to(PLACE).unwrap(), bob.page().form_to(PLACE).unwrap());
        let with_another_token = ada.clone().submit(&his, &[("name", "Eve")], None).await;
        assert_eq!(with_another_token.page(403).name(), "error");
        let without = ada.clone().submit(&mine, &[("csrf", ""), ("name", "Eve")], None).await;
        assert_eq!(without.page(403).name(), "error");
        let mut late = ada.clone();
        ada.opens(provider.url("/sign-out")).await.shows("sign-out");
        ada.presses("sign-out", &[]).await.shows("signed-out");
        assert_ne!(late.submit(&mine, &[("name", "Eve")], None).await.page(200).name(), "profile");
        assert_eq!(provider.database.count("SELECT count(*) FROM users WHERE name = 'Eve'").await, 0);
        assert_eq!(events(&provider.database, "profile_changed").await, 0);
    }
}
