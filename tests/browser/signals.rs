//! What the browser's credential managers are told (WebAuthn Level 3 §5.1.10): nothing is stubbed, what the pages say is only written down.

use serde_json::{Value, json};
use weftid_tests::browser::{Options, Page};
use weftid_tests::database::Kind;
use weftid_tests::provider::Provider;

use crate::stage::{Demo, Visitor};

/// Writes down every signal, kept over navigations, and what became of it.
const OBSERVER: &str = "(() => {
    if (location.protocol !== 'http:') return;
    const all = JSON.parse(localStorage.told ?? '[]');
    const keep = () => { localStorage.told = JSON.stringify(all) };
    for (const method of ['signalUnknownCredential', 'signalAllAcceptedCredentials', 'signalCurrentUserDetails']) {
        const tell = PublicKeyCredential[method].bind(PublicKeyCredential);
        PublicKeyCredential[method] = facts => {
            const told = { method, facts, page: document.body?.dataset.page ?? '', ended: 'pending' };
            all.push(told); keep();
            const ends = how => { told.ended = how; keep() };
            return tell(facts).then(() => ends('taken'), error => { ends(error.name); throw error });
        };
    }
})()";

/// What was told since the last time this was asked.
async fn told(window: &Page) -> Vec<Value> {
    window.waits_until("every signal is taken", "JSON.parse(localStorage.told ?? '[]').every(told => told.ended !== 'pending')").await;
    let told = window.evaluates("(told => { localStorage.told = '[]'; return JSON.parse(told) })(localStorage.told ?? '[]')").await;
    told.as_array().unwrap().clone()
}

/// The lists of good passkeys that were told.
fn lists(told: &[Value]) -> Vec<Vec<String>> {
    let all = told.iter().filter(|told| told["method"] == "signalAllAcceptedCredentials");
    let ids = |told: &Value| told["facts"]["allAcceptedCredentialIds"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    all.map(ids).collect()
}

/// The ids of the passkeys that a device holds, in base64url.
async fn held(device: &weftid_tests::browser::VirtualAuthenticator) -> Vec<String> {
    let credentials = device.credentials().await;
    let id = |credential: &Value| credential["credentialId"].as_str().unwrap().trim_end_matches('=').replace('+', "-").replace('/', "_");
    credentials.iter().map(id).collect()
}

/// B-ENUM-04: the complete list of the person's own passkeys is told when they signed in, registered and revoked one, with their name; after the
/// last one was revoked the list is empty, and never otherwise. Nothing is told to whoever is not signed in.
#[tokio::test]
async fn the_whole_list_is_told_on_the_persons_own_pages() {
    let demo = Demo::start().await;
    let visitor = Visitor::comes().await;
    let window = &visitor.window;
    window.runs_first(OBSERVER).await;
    visitor.sets_up(&demo.setup_link().await).await;
    assert_eq!(told(window).await, [] as [Value; 0], "who is not at home yet");
    visitor.saves_the_codes().await;
    window.settles().await;
    let first = held(&visitor.device).await;
    let at_home = told(window).await;
    assert_eq!(lists(&at_home), std::slice::from_ref(&first));
    let details = at_home.iter().find(|told| told["method"] == "signalCurrentUserDetails").unwrap();
    let facts = &details["facts"];
    assert_eq!((&facts["rpId"], &facts["name"], &facts["displayName"]), (&json!("localhost"), &json!("ada@example.com"), &json!("Ada Lovelace")));
    assert!(at_home.iter().all(|told| told["ended"] == "taken" && told["facts"]["userId"] == facts["userId"]), "{at_home:?}");

    visitor.device.is_present(false).await;
    let key = window.has_authenticator(Options { synced: false, built_in: false, ..Options::default() }).await;
    window.opens(demo.provider("account/sign-in-methods")).await;
    window.presses("create-passkey").await;
    window.shows("rename-passkey").await;
    window.presses("rename").await;
    window.shows("sign-in-methods").await;
    window.settles().await;
    let both = [first.clone(), held(&key).await].concat();
    assert_eq!(lists(&told(window).await), [first.clone(), both.clone()], "before, and after");

    window.clicks("li:last-child [data-action=revoke]").await;
    window.presses("revoke").await;
    window.shows("sign-in-methods").await;
    window.settles().await;
    assert_eq!(lists(&told(window).await), [first]);
    window.presses("revoke").await;
    window.clicks("#last-passkey").await;
    window.presses("revoke").await;
    window.shows("sign-in-methods").await;
    window.settles().await;
    assert_eq!(lists(&told(window).await), [Vec::<String>::new()], "the last one was revoked on purpose");
    window.opens(demo.provider("account")).await;
    window.settles().await;
    assert_eq!(lists(&told(window).await), [] as [Vec<String>; 0], "an empty list is not told again");
    window.presses("sign-out").await;
    window.shows("signed-out").await;
    window.opens(demo.provider("login")).await;
    window.settles().await;
    assert_eq!(told(window).await, [] as [Value; 0]);
    demo.was_quiet_in(window);
}

/// B-ENUM-04: a passkey that nobody has is told to be unknown, itself and no other; one whose owner is shut out is not.
#[tokio::test]
async fn only_what_was_tried_is_told_to_be_unknown() {
    let provider = Provider::for_browsers(Kind::Sqlite).await;
    let visitor = Visitor::comes().await;
    let window = &visitor.window;
    visitor.sets_up(&provider.setup_link().await).await;
    visitor.saves_the_codes().await;
    let own = held(&visitor.device).await;
    visitor.device.is_present(false).await;
    window.presses("sign-out").await;
    window.shows("signed-out").await;
    window.runs_first(OBSERVER).await;

    provider.database.execute("UPDATE users SET deactivated_at = 1").await;
    window.opens(provider.url("/login")).await;
    visitor.presses_passkey().await;
    window.waits_for(".said .note").await;
    assert_eq!(told(window).await, [] as [Value; 0]);
    provider.database.execute("DELETE FROM passkeys").await;
    visitor.device.is_present(false).await;
    window.opens(provider.url("/login")).await;
    visitor.presses_passkey().await;
    window.waits_for(".said .note").await;
    assert!(window.text(".said").await.contains("We don’t know this passkey"), "{}", window.text(".said").await);
    let told = told(window).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["method"], &told[0]["ended"]), (&json!("signalUnknownCredential"), &json!("taken")));
    assert_eq!(told[0]["facts"], json!({"rpId": "localhost", "credentialId": own[0]}));
}
