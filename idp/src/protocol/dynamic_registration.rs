//! What a client asks for when it registers itself (RFC 7591 §2, §3.1; OpenID Connect Registration §2), and what of it is registered.
//!
//! It is a stranger: what only administrators may decide is not its to ask, and who it claims to be must fit the host that answers go to
//! (A-DCR-02, A-DCR-04). Unknown members are passed over (RFC 7591 §2); what would weaken it without its knowing is refused and not passed over.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::base::id::ClientId;
use crate::protocol::client_metadata::{ClientMetadata, MetadataProblem};
use crate::protocol::error::OAuthError;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope;

/// What only an administrator decides. Passed over like what is unknown; the answer says what was registered instead.
const FOR_ADMINISTRATORS: [&str; 9] = [
    "client_id",
    "description",
    "require_consent",
    "require_pkce",
    "allow_loopback_http",
    "scope_claims_in_id_token",
    "resources",
    "introspection_audiences",
    "access_token_signed_response_alg",
];
/// Asks for protection that isn't offered here. A client that believes it has it would be wrong, so that it is told.
const NOT_OFFERED: [(&str, &str); 13] = [
    ("id_token_encrypted_response_alg", "asks for encryption, which is not offered"),
    ("id_token_encrypted_response_enc", "asks for encryption, which is not offered"),
    ("userinfo_encrypted_response_alg", "asks for encryption, which is not offered"),
    ("userinfo_encrypted_response_enc", "asks for encryption, which is not offered"),
    ("request_object_encryption_alg", "asks for encryption, which is not offered"),
    ("request_object_encryption_enc", "asks for encryption, which is not offered"),
    ("authorization_signed_response_alg", "asks for signed authorization responses, which are not offered"),
    ("authorization_encrypted_response_alg", "asks for encryption, which is not offered"),
    ("authorization_encrypted_response_enc", "asks for encryption, which is not offered"),
    ("introspection_signed_response_alg", "asks for signed introspection, which is not offered"),
    ("introspection_encrypted_response_alg", "asks for encryption, which is not offered"),
    ("introspection_encrypted_response_enc", "asks for encryption, which is not offered"),
    ("software_statement", "is not read here, and nobody's word is taken for what it says"),
];
/// The same, where `true` asks for it.
const NOT_OFFERED_SWITCHES: [&str; 2] = ["tls_client_certificate_bound_access_tokens", "dpop_bound_access_tokens"];
/// Grant types for clients that an administrator registered.
const GRANTS_FOR_ADMINISTRATORS: [&str; 1] = ["client_credentials"];
/// Pages that people are led to in the client's name: at the host that answers go to, or not at all (OpenID Connect Registration §9.1).
const LINKS: [&str; 4] = ["client_uri", "logo_uri", "policy_uri", "tos_uri"];

/// Reads what a client that is going to be `id` asks for. With `require_pkce` it must use PKCE even if it is confidential.
///
/// # Errors
/// Every problem at once.
pub fn read(asked: Map<String, Value>, id: &ClientId, require_pkce: bool) -> Result<ClientMetadata, Vec<MetadataProblem>> {
    let mut problems = not_offered(&asked);
    let known = |member: &String| ClientMetadata::names().contains(&member.as_str()) && !FOR_ADMINISTRATORS.contains(&member.as_str());
    let mut members: Map<String, Value> = asked.into_iter().filter(|(member, value)| known(member) && !value.is_null()).collect();
    members.insert("client_id".to_owned(), id.as_str().into());
    let is_public = members.get("token_endpoint_auth_method").and_then(Value::as_str) == Some("none");
    members.insert("require_pkce".to_owned(), (require_pkce || is_public).into());
    let hosts = hosts(&members);
    if !members.contains_key("client_name") {
        let name = hosts.first().cloned().unwrap_or_else(|| "?".to_owned());
        members.insert("client_name".to_owned(), name.chars().take(100).collect::<String>().into());
    }
    if !members.contains_key("scope") {
        members.insert("scope".to_owned(), everything(&members).into());
    }
    // A page or picture elsewhere may be somebody else's, borrowed; RFC 7591 §3.2.1 lets us register without it.
    members.retain(|member, value| !LINKS.contains(&member.as_str()) || is_at(value, &hosts));
    match ClientMetadata::read(members) {
        Ok(metadata) if problems.is_empty() => Ok(metadata),
        Ok(_) => Err(problems),
        Err(further) => {
            problems.extend(further);
            Err(problems)
        }
    }
}

/// The problems as RFC 7591 §3.2.2 words them: the first one's member decides the code, and all are described.
pub fn refusal(problems: &[MetadataProblem]) -> OAuthError {
    let described = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    match problems.first() {
        Some(problem) if problem.member == "redirect_uris" => OAuthError::invalid_redirect_uri(described),
        _ => OAuthError::invalid_client_metadata(described),
    }
}

fn not_offered(asked: &Map<String, Value>) -> Vec<MetadataProblem> {
    let problem = |member: &'static str, problem: &str| MetadataProblem { member: Cow::Borrowed(member), problem: problem.to_owned() };
    let is_asked = |member: &str| asked.get(member).is_some_and(|value| !value.is_null());
    let mut problems: Vec<_> = NOT_OFFERED.iter().filter(|(member, _)| is_asked(member)).map(|(member, words)| problem(member, words)).collect();
    let switched_on = NOT_OFFERED_SWITCHES.iter().filter(|member| asked.get(**member) == Some(&Value::Bool(true)));
    problems.extend(switched_on.map(|member| problem(member, "asks for bound access tokens, which are not offered")));
    let grants = asked.get("grant_types").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let others = grants.filter(|grant| GRANTS_FOR_ADMINISTRATORS.contains(grant));
    problems.extend(others.map(|grant| problem("grant_types", &format!("has {grant}, which takes an administrator"))));
    // Scopes of APIs are worth something together with `resources`, which are an administrator's to allow.
    let words = asked.get("scope").and_then(Value::as_str).unwrap_or_default().split(' ');
    let foreign = words.filter(|word| !word.is_empty() && !scope::SUPPORTED.contains(word));
    problems.extend(foreign.map(|word| problem("scope", &format!("has {word:.60}, which means nothing for a client that registers itself"))));
    problems
}

/// The hosts that answers would go to, each once.
fn hosts(members: &Map<String, Value>) -> Vec<String> {
    let uris = members.get("redirect_uris").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut hosts: Vec<String> = Vec::new();
    for host in uris.filter_map(|uri| RedirectUri::from_text(uri).host()) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

/// Whether a link leads to the one host that all answers go to. What is no address is left for the check that says so.
fn is_at(link: &Value, hosts: &[String]) -> bool {
    match link.as_str().and_then(|link| RedirectUri::from_text(link).host()) {
        Some(host) if !host.ends_with(':') => hosts == [host],
        _ => true,
    }
}

/// The scope of a client that names none (RFC 7591 §2): whatever means something here, since people are asked in any case.
fn everything(members: &Map<String, Value>) -> String {
    let grants = members.get("grant_types").and_then(Value::as_array);
    let refreshes = grants.is_some_and(|grants| grants.iter().any(|grant| grant == "refresh_token"));
    let words = scope::SUPPORTED.into_iter().filter(|word| refreshes || *word != scope::OFFLINE_ACCESS);
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::protocol::error::ErrorCode;

    fn asked(further: &Value) -> Result<ClientMetadata, Vec<MetadataProblem>> {
        let mut members = json!({"redirect_uris": ["https://rp.test/cb"]}).as_object().unwrap().clone();
        members.extend(further.as_object().unwrap().clone());
        read(members, &ClientId::from_text("made-here"), true)
    }

    /// A-DCR-02: id, consent, PKCE and whatever else is an administrator's are not the client's to choose.
    #[test]
    fn what_administrators_decide_is_passed_over() {
        let client = asked(&json!({
            "client_id": "admin", "client_secret": "mine", "require_consent": false, "require_pkce": false, "allow_loopback_http": true,
            "scope_claims_in_id_token": true, "resources": ["https://api.test"], "description": "Trust me", "enabled": true, "trusted": true,
            "roles": ["admin"], "client_name#de": "Anders", "logo_uri": null, "frontchannel_logout_uri": "https://rp.test/bye",
        }));
        let client = client.unwrap();
        assert_eq!(client.client_id.as_str(), "made-here");
        assert!(client.require_consent && client.require_pkce && !client.allow_loopback_http && !client.scope_claims_in_id_token);
        assert!(client.resources.is_empty() && client.description.is_none());
        assert_eq!(client.client_name, "rp.test", "one without a name is called by its host");
        assert_eq!(client.scope.to_string(), "openid profile email address phone");
        let refreshing = asked(&json!({"grant_types": ["authorization_code", "refresh_token"]})).unwrap();
        assert!(refreshing.scope.contains(scope::OFFLINE_ACCESS));
        let members = json!({"redirect_uris": ["https://rp.test/cb"], "token_endpoint_auth_method": "none"});
        assert!(read(members.as_object().unwrap().clone(), &ClientId::from_text("a"), false).unwrap().require_pkce, "A-PKCE-01");
    }

    /// RFC 7591 §3.2.2: what a client would rely on and not get is refused by its name.
    #[test]
    fn what_is_not_offered_is_refused() {
        for (member, value) in [
            ("id_token_encrypted_response_alg", json!("RSA-OAEP")),
            ("userinfo_encrypted_response_enc", json!("A128CBC-HS256")),
            ("request_object_encryption_alg", json!("RSA-OAEP")),
            ("authorization_signed_response_alg", json!("RS256")),
            ("tls_client_certificate_bound_access_tokens", json!(true)),
            ("dpop_bound_access_tokens", json!(true)),
            ("software_statement", json!("a.b.c")),
            ("grant_types", json!(["authorization_code", "client_credentials"])),
            ("grant_types", json!(["implicit"])),
            ("response_types", json!(["code id_token"])),
            ("token_endpoint_auth_method", json!("tls_client_auth")),
            ("id_token_signed_response_alg", json!("none")),
        ] {
            let problems = asked(&json!({member: value})).unwrap_err();
            assert!(problems.iter().any(|problem| problem.member == member), "{member}: {problems:?}");
            assert_eq!(refusal(&problems).code(), ErrorCode::InvalidClientMetadata);
        }
        assert!(asked(&json!({"tls_client_certificate_bound_access_tokens": false, "id_token_encrypted_response_alg": null})).is_ok());
    }

    /// A-RED-04, A-RED-05, A-RED-06: redirect URIs have a code of their own.
    #[test]
    fn bad_redirect_uris_are_said_to_be_that() {
        for uri in ["http://rp.test/cb", "https://rp.test/cb#", "javascript:alert(1)", "https://*.rp.test/cb", "http://localhost/cb"] {
            let refused = refusal(&asked(&json!({"redirect_uris": [uri]})).unwrap_err());
            assert_eq!(refused.code(), ErrorCode::InvalidRedirectUri, "{uri}");
            assert!(refused.description().contains("redirect_uris"), "{}", refused.description());
        }
    }

    /// A-DCR-04: links to another host than answers go to are somebody else's, perhaps.
    #[test]
    fn foreign_links_are_not_registered() {
        let links = |host: &str| json!({"logo_uri": format!("https://{host}/logo.png"), "policy_uri": format!("https://{host}/privacy")});
        let own = asked(&links("rp.test")).unwrap();
        assert!(own.logo_uri.is_some() && own.policy_uri.is_some());
        for host in ["bank.test", "rp.test.evil.test", "www.rp.test"] {
            let foreign = asked(&links(host)).unwrap();
            assert!(foreign.logo_uri.is_none() && foreign.policy_uri.is_none(), "{host}");
        }
        // With two hosts nobody knows whose page it is.
        let mut both = links("bank.test");
        both["redirect_uris"] = json!(["https://rp.test/cb", "https://bank.test/cb"]);
        assert!(asked(&both).unwrap().policy_uri.is_none());
        assert!(asked(&json!({"tos_uri": "javascript:alert(1)"})).is_err(), "what is no link at all is refused");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let words =
            prop::sample::select(vec!["", "none", "code", "openid", "RS256", "https://rp.test/cb", "https://rp.test/", "javascript:x", "native"]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            words.prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(prop_oneof![Just("keys".to_owned()), any::<String>()], inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// A-DCR-02: whatever a stranger sends is refused with words, or registered as one that nothing is waived for.
        #[test]
        fn whatever_is_asked_for_is_refused_or_harmless(
            asked in prop::collection::btree_map(
                prop_oneof![prop::sample::select(ClientMetadata::names().to_vec()).prop_map(str::to_owned), any::<String>()], any_json(), 0..8,
            ),
            has_address in any::<bool>(),
        ) {
            let mut asked: Map<String, Value> = asked.into_iter().collect();
            if has_address {
                asked.insert("redirect_uris".to_owned(), json!(["https://rp.test/cb"]));
            }
            match read(asked, &ClientId::from_text("made-here"), true) {
                Ok(client) => {
                    prop_assert_eq!(client.validate(), Ok(()));
                    prop_assert!(client.client_id.as_str() == "made-here" && client.require_consent && client.require_pkce);
                    prop_assert!(client.resources.is_empty() && client.introspection_audiences.is_empty() && !client.allow_loopback_http);
                    prop_assert_eq!(&ClientMetadata::read(client.to_members()).unwrap(), &client);
                }
                Err(problems) => {
                    prop_assert!(!problems.is_empty());
                    prop_assert!(!refusal(&problems).description().is_empty());
                }
            }
        }
    }
}
