//! Does the time of a refusal tell who has an account (security requirement C-ENUM-01)? Wrong passwords for four kinds of addresses, by turns, and
//! the differences between them beside what chance alone makes of them. A benchmark and no test: a busy machine moves every figure.

use std::time::Instant;

use url::form_urlencoded;
use weftid::actions::audit::Origin;
use weftid::actions::users;
use weftid::base::email::Email;
use weftid_tests::cookies::Initiator;
use weftid_tests::own_secrets;

use crate::stage::{Wanted, build};

/// Guesses that an address has free, before it has to wait.
const FREE: usize = 5;
const KINDS: [&str; 4] = ["wrong password", "unknown address", "deactivated", "no password"];

/// Measures and says it; `samples` of each kind.
pub(crate) async fn measure(wanted: &Wanted<'_>, samples: usize) {
    // The server runs as long as its stage is held.
    let mut stage = build(wanted).await;
    let provider = &stage.arranges;
    let each = samples.div_ceil(FREE);
    let address = |kind: usize, number: usize| format!("{}.{number}@load.example", ["known", "nobody", "gone", "passkey"][kind]);
    for kind in [0, 2] {
        let emails: Vec<String> = (0..each).map(|number| address(kind, number)).collect();
        let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
        own_secrets::imports(&provider.app, &emails, "the right one is another").await;
    }
    for number in 0..each {
        let gone = Email::parse(&address(2, number)).expect("an address");
        users::deactivate(&provider.app, &gone, &Origin::command_line()).await.expect("the person is there");
        provider.person(&address(3, number), "Someone").await;
    }
    let mut visitor = provider.stranger();
    let url = provider.url("/login");
    visitor.opens(&url).await.page(200);
    let csrf = visitor.page().csrf_token().expect("the sign-in page has a token").to_owned();
    let cookies = visitor.jar.header(&url, Initiator::SameSite);
    let headers = [("cookie", cookies.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let connection = &mut stage.callers[0].connection;
    let mut took: [Vec<f64>; 4] = Default::default();
    for sample in 0..each * FREE {
        for (kind, took) in took.iter_mut().enumerate() {
            let email = address(kind, sample % each);
            let body = form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("email", email.as_str()), ("password", "not the right one at all"), ("csrf", &csrf)])
                .finish();
            let began = Instant::now();
            let answer = connection.ask("POST", "/login/password", &headers, body.as_bytes()).await.expect("an answer");
            took.push(began.elapsed().as_secs_f64() * 1000.0);
            assert!((400..500).contains(&answer.status) && answer.status != 429, "{email}: {answer}");
        }
    }
    say(&took);
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn say(took: &[Vec<f64>; 4]) {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let first = &took[0];
    println!("{:<16} {:>7} {:>10} {:>10} {:>22}", "a refusal", "samples", "median ms", "p90 ms", "differs by ms (2 s.e.)");
    for (name, values) in KINDS.iter().zip(took) {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        // Asked by turns, so that what the machine does meanwhile falls on all of them alike.
        let differences: Vec<f64> = values.iter().zip(first).map(|(one, other)| one - other).collect();
        let (middle, count) = (mean(&differences), differences.len() as f64);
        let spread = (differences.iter().map(|difference| (difference - middle).powi(2)).sum::<f64>() / count).sqrt();
        let at = |part: usize| sorted.get(sorted.len() * part / 100).copied().unwrap_or_default();
        println!("{name:<16} {:>7} {:>10.2} {:>10.2} {:>12.3} ({:.3})", values.len(), at(50), at(90), middle, 2.0 * spread / count.sqrt());
    }
}
