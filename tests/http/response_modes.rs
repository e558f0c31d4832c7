//! How answers travel to the client: query, fragment, form (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post
//! Response Mode §2). Each way carries success and refusal, from every page that gives one.

use serde_json::json;
use url::Url;
use weftid_tests::on_both_databases;
use weftid_tests::person::Arrival;
use weftid_tests::provider::Provider;
use weftid_tests::relying_party::{Asked, RelyingParty};
use weftid_tests::wire::query;

use crate::main_job::ada;

const MODES: [&str; 3] = ["query", "fragment", "form_post"];

fn asks(client: &RelyingParty, mode: &str, extra: &[(&str, &str)]) -> Asked {
    client.asks(&[], &[&[("response_mode", mode)], extra].concat())
}

/// The answer as if it had come in the query; it must have come in this mode and in no other.
#[track_caller]
fn answered(arrival: &Arrival, mode: &str) -> Url {
    assert_eq!(arrival.outside, mode != "form_post", "{mode}: {}", arrival.answer());
    let mut url = arrival.callback();
    assert_eq!(url.fragment().is_some(), mode == "fragment", "{url}");
    if let Some(fragment) = url.fragment().map(str::to_owned) {
        assert!(query(&url, "code").is_none() && query(&url, "state").is_none() && query(&url, "error").is_none(), "{url}");
        url.set_fragment(None);
        let pairs: Vec<_> = url::form_urlencoded::parse(fragment.as_bytes()).into_owned().collect();
        url.query_pairs_mut().extend_pairs(pairs);
    }
    assert_eq!(query(&url, "iss").as_deref(), Some("https://id.example"), "A-ISS-01: {url}");
    url
}

#[track_caller]
fn refused(arrival: &Arrival, mode: &str, asked: &Asked, error: &str) {
    let url = answered(arrival, mode);
    assert_eq!(query(&url, "error").as_deref(), Some(error), "{mode}: {url}");
    assert_eq!(query(&url, "state").as_deref(), Some(asked.state.as_str()), "{mode}");
    assert!(query(&url, "code").is_none() && query(&url, "error_description").is_some());
}

on_both_databases! {
    /// A-ISS-01, A-RTM-03: each mode carries the code and every refusal, with `iss` and `state`: of the request, of `prompt=none`, of the sign-in
    /// page, of the choice of an account and of the consent page.
    async fn each_mode_carries_success_and_refusal(kind: Kind) {
        let provider = Provider::start(kind).await;
        let person = ada(&provider).await;
        let client = provider.client(json!({"client_id": "q", "client_name": "Q", "redirect_uris": ["https://q.test/cb?a=1"]})).await;
        for mode in MODES {
            let mut ada = person.at_another_browser();
            let asked = asks(&client, mode, &[("prompt", "none login")]);
            refused(&ada.opens(&asked.url).await, mode, &asked, "invalid_request");
            let asked = asks(&client, mode, &[("prompt", "none")]);
            refused(&ada.opens(&asked.url).await, mode, &asked, "login_required");
            let asked = asks(&client, mode, &[]);
            ada.opens(&asked.url).await.shows("sign-in");
            refused(&ada.presses("deny", &[]).await, mode, &asked, "access_denied");
            let asked = asks(&client, mode, &[("prompt", "consent")]);
            ada.opens(&asked.url).await.shows("sign-in");
            ada.touches_passkey().await.shows("consent");
            refused(&ada.presses("deny", &[]).await, mode, &asked, "access_denied");
            let asked = asks(&client, mode, &[("prompt", "consent")]);
            ada.opens(&asked.url).await.shows("consent");
            let arrival = ada.presses("allow", &[]).await;
            let url = answered(&arrival, mode);
            assert!(url.as_str().starts_with("https://q.test/cb?a=1&"), "{url}");
            client.redeems(&asked, &url).await.unwrap();
            // What was allowed is remembered; a POST from the client's page finds the session as well.
            let asked = asks(&client, mode, &[]);
            let mut bare = asked.url.clone();
            bare.set_query(None);
            let pairs: Vec<_> = asked.url.query_pairs().into_owned().collect();
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let url = answered(&ada.is_made_to_post_from(&client.redirect_uri, &bare, &pairs).await, mode);
            client.redeems(&asked, &url).await.unwrap();
            provider.clock.advance(std::time::Duration::from_secs(1));
            let asked = asks(&client, mode, &[("prompt", "select_account")]);
            ada.opens(&asked.url).await.shows("choose-account");
            let form = ada.page().forms().into_iter().find(|form| form.action.contains("choose-account")).unwrap();
            refused(&ada.submit(&form, &[("decision", "deny")], None).await, mode, &asked, "access_denied");
        }
    }

    /// A-RTM-03: what is no mode of ours is refused by way of the default one; a form goes to no app.
    async fn an_unknown_mode_is_refused_in_the_query(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        for mode in ["foo", "query.jwt", "form_post.jwt", "jwt", "web_message", "FORM_POST", "Fragment", "form_post ", "none"] {
            let asked = asks(&shop, mode, &[]);
            refused(&ada.opens(&asked.url).await, "query", &asked, "invalid_request");
        }
        let asked = shop.asks(&[], &[("response_mode", "form_post"), ("response_mode", "form_post")]);
        refused(&ada.opens(&asked.url).await, "query", &asked, "invalid_request");
        let native = provider
            .client(json!({
                "client_id": "native", "client_name": "Native", "application_type": "native", "token_endpoint_auth_method": "none",
                "redirect_uris": ["com.example.app:/cb"],
            }))
            .await;
        let asked = asks(&native, "form_post", &[]);
        refused(&ada.opens(&asked.url).await, "query", &asked, "invalid_request");
    }

    /// A-RTM-04: the form is for the client alone, holds exactly the answer however a state is spelled, is kept nowhere, framed by nobody, sent by
    /// one script of ours and, without it, by its button.
    async fn the_form_holds_the_answer_and_nothing_else(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (mut ada, shop) = (ada(&provider).await, provider.shop("shop").await);
        shop.welcomes(&mut ada, &[]).await;
        let long = "s".repeat(4096);
        for state in ["plain", "\"><img src=x onerror=alert(1)>", "' autofocus onfocus=alert(1) x='", "\u{2028}\u{2029}", "</form><script>alert(1)</script>", "&quot;&#0;", "gr\u{fc}\u{df}e \u{1f9f6}", &long] {
            for (prompt, names) in [("none", ["code", "state", "iss"].as_slice()), ("none login", &["error", "error_description", "state", "iss"])] {
                let mut asked = asks(&shop, "form_post", &[("prompt", prompt)]);
                let kept: Vec<_> = asked.url.query_pairs().into_owned().filter(|(name, _)| name != "state").collect();
                asked.url.query_pairs_mut().clear().extend_pairs(kept).append_pair("state", state);
                let arrival = ada.opens(&asked.url).await;
                let page = arrival.shows("form-post");
                let fields = page.forms().remove(0).fields;
                assert_eq!(fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names, "{state}");
                assert_eq!(fields.iter().find(|(name, _)| name == "state").map(|(_, value)| value.as_str()), Some(state));
                assert!(page.with("name", "csrf").next().is_none(), "nothing of ours is in the form");
                assert_eq!(page.all("img").count() + page.with("autofocus", "").count(), 0);
                let scripts: Vec<_> = page.all("script").map(|script| script.attribute("src").unwrap_or("inline")).collect();
                assert!(scripts.iter().all(|script| script.starts_with("/assets/")) && scripts.iter().any(|script| script.ends_with("/go-on.js")), "{scripts:?}");
                let answer = arrival.answer();
                let policy = answer.header("content-security-policy");
                assert!(policy.contains("; form-action https://shop.test;") && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
                assert_eq!(answer.header("cache-control"), "no-store");
            }
        }
        // What a form would change is refused, and not echoed.
        for state in ["a\u{0}b", "a\r\nb", "a\nb", &"s".repeat(64_000)] {
            let mut asked = asks(&shop, "form_post", &[]);
            let kept: Vec<_> = asked.url.query_pairs().into_owned().filter(|(name, _)| name != "state").collect();
            asked.url.query_pairs_mut().clear().extend_pairs(kept).append_pair("state", state);
            let arrival = ada.opens(&asked.url).await;
            let url = answered(&arrival, "form_post");
            assert_eq!((query(&url, "error").as_deref(), query(&url, "state")), (Some("invalid_request"), None));
        }
    }
}
