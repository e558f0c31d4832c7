//! `tests/conformance.md` is true: it has every module of the OpenID conformance profiles, each with tests of ours that exist and run, or in the
//! list of what is not there yet.

use std::collections::{BTreeMap, BTreeSet};

use crate::documents::{Test, all_tests};
use crate::house::repository;

const NOT_YET: &str = "Not yet";
const ALL_OF_BASIC: &str = "every module of Basic OP";

/// The modules of the profile Basic OP, and with `response_mode=form_post` those of Form Post OP.
const BASIC: [&str; 38] = [
    "oidcc-alternate-happy-flow",
    "oidcc-claims-essential",
    "oidcc-claims-locales",
    "oidcc-codereuse",
    "oidcc-codereuse-30seconds",
    "oidcc-display-page",
    "oidcc-display-popup",
    "oidcc-ensure-post-request-succeeds",
    "oidcc-ensure-registered-redirect-uri",
    "oidcc-ensure-request-object-with-redirect-uri",
    "oidcc-ensure-request-with-acr-values-succeeds",
    "oidcc-ensure-request-with-unknown-parameter-succeeds",
    "oidcc-ensure-request-with-valid-pkce-succeeds",
    "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
    "oidcc-id-token-hint",
    "oidcc-idtoken-signature",
    "oidcc-idtoken-unsigned",
    "oidcc-login-hint",
    "oidcc-max-age-1",
    "oidcc-max-age-10000",
    "oidcc-prompt-login",
    "oidcc-prompt-none-logged-in",
    "oidcc-prompt-none-not-logged-in",
    "oidcc-refresh-token",
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
    "oidcc-response-type-missing",
    "oidcc-scope-address",
    "oidcc-scope-all",
    "oidcc-scope-email",
    "oidcc-scope-phone",
    "oidcc-scope-profile",
    "oidcc-server",
    "oidcc-server-client-secret-post",
    "oidcc-ui-locales",
    "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
    "oidcc-userinfo-get",
    "oidcc-userinfo-post-body",
    "oidcc-userinfo-post-header",
];

/// The other profiles and their modules.
const OTHERS: [(&str, &[&str]); 4] = [
    ("Config OP", &["oidcc-discovery-endpoint-verification"]),
    (
        "Dynamic OP",
        &[
            "oidcc-discovery-endpoint-verification",
            "oidcc-ensure-client-assertion-with-iss-aud-succeeds",
            "oidcc-ensure-redirect-uri-in-authorization-request",
            "oidcc-ensure-request-object-with-redirect-uri",
            "oidcc-idtoken-rs256",
            "oidcc-idtoken-unsigned",
            "oidcc-redirect-uri-query-OK",
            "oidcc-redirect-uri-query-added",
            "oidcc-redirect-uri-query-mismatch",
            "oidcc-redirect-uri-regfrag",
            "oidcc-refresh-token",
            "oidcc-refresh-token-rp-key-rotation",
            "oidcc-registration-jwks-uri",
            "oidcc-registration-logo-uri",
            "oidcc-registration-policy-uri",
            "oidcc-registration-sector-bad",
            "oidcc-registration-sector-uri",
            "oidcc-registration-tos-uri",
            "oidcc-request-uri-signed-rs256",
            "oidcc-request-uri-unsigned",
            "oidcc-server",
            "oidcc-server-rotate-keys",
            "oidcc-userinfo-rs256",
        ],
    ),
    (
        "RP-Initiated Logout OP",
        &[
            "oidcc-rp-initiated-logout",
            "oidcc-rp-initiated-logout-bad-id-token-hint",
            "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri",
            "oidcc-rp-initiated-logout-discovery-endpoint-verification",
            "oidcc-rp-initiated-logout-modified-id-token-hint",
            "oidcc-rp-initiated-logout-no-id-token-hint",
            "oidcc-rp-initiated-logout-no-params",
            "oidcc-rp-initiated-logout-no-post-logout-redirect-uri",
            "oidcc-rp-initiated-logout-no-state",
            "oidcc-rp-initiated-logout-only-state",
            "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
        ],
    ),
    ("Back-Channel Logout OP", &["oidcc-backchannel-logout-discovery-endpoint-verification", "oidcc-backchannel-rp-initiated-logout"]),
];

fn profiles() -> Vec<(&'static str, &'static [&'static str])> {
    [("Basic OP", &BASIC[..]), ("Form Post OP", &BASIC[..])].into_iter().chain(OTHERS).collect()
}

/// Everything wrong with the lists, given all tests by their full names.
fn broken_promises(document: &str, profiles: &[(&str, &[&str])], tests: &BTreeMap<String, Test>) -> Vec<String> {
    let (mut broken, mut listed): (Vec<String>, BTreeMap<String, BTreeSet<String>>) = (Vec::new(), BTreeMap::new());
    let mut heading = "";
    for line in document.lines() {
        if let Some(found) = line.strip_prefix("## ") {
            heading = found;
            continue;
        }
        let Some(row) = line.strip_prefix("| ").and_then(|row| row.strip_suffix(" |")) else { continue };
        let Some((first, second)) = row.split_once(" | ") else {
            broken.push(format!("not two columns: {line}"));
            continue;
        };
        if matches!(first, "Module" | "Profile") {
            continue;
        }
        let (profile, module) = if heading == NOT_YET { (first, second) } else { (heading, first) };
        let named = if (heading, module) == (NOT_YET, ALL_OF_BASIC) { BASIC.to_vec() } else { vec![module] };
        for module in named {
            if !listed.entry(profile.to_owned()).or_default().insert(module.to_owned()) {
                broken.push(format!("{profile}: {module} stands twice"));
            }
        }
        if heading != NOT_YET {
            broken.extend(missing(second, tests).into_iter().map(|problem| format!("{profile}, {module}: {problem}")));
        }
    }
    for (profile, modules) in profiles {
        let listed = listed.remove(*profile).unwrap_or_default();
        let expected: BTreeSet<String> = modules.iter().map(|module| (*module).to_owned()).collect();
        broken.extend(expected.difference(&listed).map(|module| format!("{profile}: {module} is in no list")));
        broken.extend(listed.difference(&expected).map(|module| format!("{profile}: there is no module {module}")));
    }
    broken.extend(listed.keys().map(|profile| format!("there is no profile {profile}")));
    broken
}

/// What is wrong with the tests that a cell names.
fn missing(cell: &str, tests: &BTreeMap<String, Test>) -> Vec<String> {
    let names: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
    if names.is_empty() {
        return vec![format!("names no test: {cell}")];
    }
    let judge = |name: &str| {
        let ending = format!("::{name}");
        let found: Vec<&Test> = tests.iter().filter(|(full, _)| full.ends_with(&ending)).map(|(_, test)| test).collect();
        match found.as_slice() {
            [] => Some(format!("there is no test {name}")),
            [test] => test.ignored.then(|| format!("{name} is ignored")),
            _ => Some(format!("{name} is the name of several tests")),
        }
    };
    names.into_iter().filter_map(judge).collect()
}

/// tests/conformance.md: every module of the profiles stands there once, with tests that exist and are not ignored, or as not there yet.
#[test]
fn conformance_md_keeps_its_promises() {
    let document = std::fs::read_to_string(repository().join("tests/conformance.md")).expect("the repository has a tests/conformance.md");
    let broken = broken_promises(&document, &profiles(), &all_tests());
    assert!(broken.is_empty(), "tests/conformance.md:\n{}", broken.join("\n"));
}

/// tests/conformance.md: a check that sees nothing proves nothing: one broken promise of each kind.
#[test]
fn broken_promises_of_conformance_are_seen() {
    let tests = BTreeMap::from([
        ("http::logout::it_holds".to_owned(), Test::default()),
        ("http::one::twice".to_owned(), Test::default()),
        ("http::two::twice".to_owned(), Test::default()),
        ("http::slow::it_is_ignored".to_owned(), Test { ignored: true, ..Test::default() }),
    ]);
    let judged = |rows: &str, not_yet: &str| {
        let document =
            format!("# Words\n\n## One OP\n\n| Module | Test |\n|---|---|\n{rows}\n\n## Not yet\n\n| Profile | Module |\n|---|---|\n{not_yet}\n");
        broken_promises(&document, &[("One OP", &["a", "b"])], &tests).join("; ")
    };
    assert_eq!(judged("| a | `it_holds`, `one::twice` |", "| One OP | b |"), "");
    for (rows, not_yet, words) in [
        ("| a | `it_holds` |", "", "b is in no list"),
        ("| a | `it_holds` |\n| b | `it_is_missing` |", "", "there is no test"),
        ("| a | `it_holds` |\n| b | `holds` |", "", "there is no test"),
        ("| a | `it_holds` |\n| b | `twice` |", "", "several tests"),
        ("| a | `it_holds` |\n| b | `it_is_ignored` |", "", "is ignored"),
        ("| a | `it_holds` |\n| b | later |", "", "names no test"),
        ("| a | `it_holds` |\n| b | `it_holds` |", "| One OP | b |", "stands twice"),
        ("| a | `it_holds` |\n| b | `it_holds` |\n| c | `it_holds` |", "", "there is no module c"),
        ("| a | `it_holds` |\n| b | `it_holds` |", "| Other OP | b |", "there is no profile"),
        ("| a |", "| One OP | b |", "not two columns"),
    ] {
        assert!(judged(rows, not_yet).contains(words), "{rows} {not_yet} was believed: {:?}", judged(rows, not_yet));
    }
}
