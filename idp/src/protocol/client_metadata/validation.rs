//! What may be registered: every check of a client's metadata, and every problem at once (RFC 7591 §2, OpenID Connect Registration §2).

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::protocol::client_jwks::ClientJwks;
use crate::protocol::client_metadata::{
    ApplicationType, ClientAlgorithm, ClientMetadata, GrantType, MetadataProblem, SubjectType, TokenEndpointAuthMethod, only_code,
};
use crate::protocol::client_uri::ClientUri;
use crate::protocol::redirect_uri::{RedirectUri, RedirectUriPolicy};
use crate::protocol::scope;

/// The most addresses in one list.
const MOST_URIS: usize = 50;
/// The longest word of a scope: people read it on the consent page.
const LONGEST_SCOPE_WORD: usize = 100;
/// The most people or pages to ask.
const MOST_CONTACTS: usize = 10;
/// The longest `max_age` that means anything, in seconds.
const LONGEST_MAX_AGE: u64 = 9_999_999_999;

/// Takes down a problem: the member, and the rest of a sentence that begins with it.
type Report<'r> = dyn FnMut(&'static str, &str) + 'r;

impl ClientMetadata {
    /// Every problem at once; nothing is registered or changed while there is one.
    pub fn validate(&self) -> Result<(), Vec<MetadataProblem>> {
        let mut problems = Vec::new();
        let mut report =
            |member: &'static str, problem: &str| problems.push(MetadataProblem { member: Cow::Borrowed(member), problem: problem.to_owned() });
        self.check_names(&mut report);
        self.check_redirects(&mut report);
        self.check_links(&mut report);
        self.check_rights(&mut report);
        self.check_keys(&mut report);
        self.check_subjects(&mut report);
        self.check_fetched(&mut report);
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn check_names(&self, report: &mut Report<'_>) {
        let id = self.client_id.as_str();
        // Characters that mean the same raw and form-encoded: the id travels in forms, in Basic and in addresses.
        if !(1..=255).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) {
            report("client_id", "must be 1 to 255 letters, digits, '-', '.', '_' or '~'");
        }
        if self.client_name.trim().is_empty() || !is_one_line(&self.client_name, 100) {
            report("client_name", "must be one line of 1 to 100 visible characters");
        }
        if self.description.as_deref().is_some_and(|text| !is_one_line(text, 300)) {
            report("description", "must be one line of at most 300 visible characters");
        }
    }

    fn check_redirects(&self, report: &mut Report<'_>) {
        let native = self.application_type == ApplicationType::Native;
        let policy = RedirectUriPolicy { native, allow_loopback_http: self.allow_loopback_http };
        if self.has_people() && self.redirect_uris.is_empty() {
            report("redirect_uris", "must have at least one address");
        }
        if !self.has_people() && (!self.redirect_uris.is_empty() || !self.post_logout_redirect_uris.is_empty()) {
            report("redirect_uris", "must be empty without the grant type authorization_code: nobody is sent there");
        }
        for (member, uris) in [("redirect_uris", &self.redirect_uris), ("post_logout_redirect_uris", &self.post_logout_redirect_uris)] {
            check_list(member, &uris.iter().map(|uri| (uri.as_str(), uri.check(policy))).collect::<Vec<_>>(), report);
        }
    }

    fn check_links(&self, report: &mut Report<'_>) {
        for (member, uri) in [
            ("client_uri", &self.client_uri),
            ("logo_uri", &self.logo_uri),
            ("policy_uri", &self.policy_uri),
            ("tos_uri", &self.tos_uri),
            ("initiate_login_uri", &self.initiate_login_uri),
        ] {
            if let Some(Err(problem)) = uri.as_ref().map(ClientUri::check) {
                report(member, problem);
            }
        }
    }

    fn check_keys(&self, report: &mut Report<'_>) {
        if self.jwks.is_some() && self.jwks_uri.is_some() {
            report("jwks", "can't be given beside jwks_uri");
        }
        if let Some(Err(problem)) = self.jwks.as_ref().map(ClientJwks::check) {
            report("jwks", problem);
        }
        if self.request_object_signing_alg == Some(ClientAlgorithm::Hs256) {
            report("request_object_signing_alg", "must be asymmetric");
        }
        let has_keys = self.jwks.is_some() || self.jwks_uri.is_some();
        // For other methods it means nothing, and is passed over.
        if !self.token_endpoint_auth_method.assertion_algorithms().is_empty() && self.assertion_algorithms().is_empty() {
            report("token_endpoint_auth_signing_alg", "is none that the token_endpoint_auth_method can use");
        }
        if self.token_endpoint_auth_method == TokenEndpointAuthMethod::PrivateKeyJwt && !has_keys {
            report("token_endpoint_auth_method", "private_key_jwt needs jwks or jwks_uri to verify assertions with");
        }
        if !has_keys && self.request_object_signing_alg.is_some() {
            report("request_object_signing_alg", "needs jwks or jwks_uri to verify request objects with");
        }
        if !has_keys && self.require_signed_request_object {
            report("require_signed_request_object", "needs jwks or jwks_uri to verify request objects with");
        }
    }

    fn check_subjects(&self, report: &mut Report<'_>) {
        let hosts: BTreeSet<_> = self.redirect_uris.iter().map(RedirectUri::host).collect();
        // OpenID Connect Core §8.1: with several hosts only a sector says which `sub` it is.
        if self.subject_type == SubjectType::Pairwise && self.sector_identifier_uri.is_none() && hosts.len() > 1 {
            report("sector_identifier_uri", "is needed for pairwise subjects with redirect URIs on several hosts");
        }
        let words = BTreeSet::from_iter(&self.default_acr_values);
        if words.len() != self.default_acr_values.len() {
            report("default_acr_values", "has a value twice");
        }
        if self.default_max_age.is_some_and(|seconds| seconds > LONGEST_MAX_AGE) {
            report("default_max_age", "must be at most ten digits");
        }
        let is_contact = |contact: &String| !contact.trim().is_empty() && is_one_line(contact, 200);
        if self.contacts.len() > MOST_CONTACTS || !self.contacts.iter().all(is_contact) {
            report("contacts", "must be at most 10 lines of at most 200 visible characters");
        }
        for (member, text) in [("software_id", &self.software_id), ("software_version", &self.software_version)] {
            if text.as_deref().is_some_and(|text| text.trim().is_empty() || !is_one_line(text, 200)) {
                report(member, "must be one line of 1 to 200 visible characters");
            }
        }
    }

    fn check_fetched(&self, report: &mut Report<'_>) {
        let addresses = [
            ("jwks_uri", &self.jwks_uri),
            ("sector_identifier_uri", &self.sector_identifier_uri),
            ("backchannel_logout_uri", &self.backchannel_logout_uri),
        ];
        for (member, uri) in addresses {
            if let Some(Err(problem)) = uri.as_ref().map(ClientUri::check) {
                report(member, problem);
            }
        }
        // Back-Channel Logout §2.2: no fragment; nor would one mean anything in what is fetched.
        for (member, uri) in addresses {
            if uri.as_ref().is_some_and(|uri| uri.as_str().contains('#')) {
                report(member, "must not have a fragment");
            }
        }
        if self.backchannel_logout_session_required && self.backchannel_logout_uri.is_none() {
            report("backchannel_logout_session_required", "means nothing without backchannel_logout_uri");
        }
        let request_uris: Vec<_> = self.request_uris.iter().map(|uri| (uri.as_str(), uri.check())).collect();
        check_list("request_uris", &request_uris, report);
        for (member, resources) in [("resources", &self.resources), ("introspection_audiences", &self.introspection_audiences)] {
            let resources: Vec<_> = resources.iter().map(|resource| (resource.as_str(), resource.check())).collect();
            check_list(member, &resources, report);
        }
        if !self.introspection_audiences.is_empty() && !self.is_confidential() {
            report("introspection_audiences", "is for clients that prove who they are");
        }
    }

    fn check_rights(&self, report: &mut Report<'_>) {
        if BTreeSet::from_iter(&self.grant_types).len() != self.grant_types.len() {
            report("grant_types", "has one twice");
        }
        // Clients that only introspect have no grant at all.
        if self.may_use(GrantType::RefreshToken) && !self.has_people() {
            report("grant_types", "has refresh_token, which needs authorization_code");
        }
        // OAuth 2.1 §4.2: who can't prove who it is has no name of its own to ask in (A-TOK-06).
        if self.may_use(GrantType::ClientCredentials) && !self.is_confidential() {
            report("grant_types", "has client_credentials, which is for clients that prove who they are");
        }
        // RFC 7591 §2.1: grant types and response types fit together.
        if self.has_people() {
            if self.response_types != only_code() {
                report("response_types", "must be exactly [\"code\"]");
            }
            if !self.scope.contains(scope::OPENID) {
                report("scope", "must have openid");
            }
        } else {
            if !self.response_types.is_empty() {
                report("response_types", "must be empty without the grant type authorization_code");
            }
            if let Some(token) = self.scope.tokens().find(|token| scope::SUPPORTED.contains(&token.as_str())) {
                report("scope", &format!("has {token}, which is about people: nobody signs in for it without the grant type authorization_code"));
            }
        }
        for token in self.scope.tokens().filter(|token| token.as_str().len() > LONGEST_SCOPE_WORD) {
            report("scope", &format!("has {token:.20}..., which is longer than 100 characters"));
        }
        if self.scope.contains(scope::OFFLINE_ACCESS) && !self.may_use(GrantType::RefreshToken) {
            report("scope", "has offline_access, which needs the grant type refresh_token");
        }
        if !self.require_pkce && !self.is_confidential() {
            report("require_pkce", "must be true for a public client");
        }
    }
}

/// A list of addresses: not too many, each good, none twice.
fn check_list(member: &'static str, entries: &[(&str, Result<(), &'static str>)], report: &mut Report<'_>) {
    if entries.len() > MOST_URIS {
        report(member, "must have at most 50 addresses");
    }
    for (index, (text, judged)) in entries.iter().enumerate() {
        let number = index + 1;
        if let Err(problem) = judged {
            report(member, &format!("number {number}: {text:.100} {problem}"));
        }
        if entries.iter().take(index).any(|(earlier, _)| earlier == text) {
            report(member, &format!("number {number}: {text:.100} is there twice"));
        }
    }
}

/// Whether this can stand in a line of a page without changing what is around it: no control characters, no directional marks.
fn is_one_line(text: &str, most: usize) -> bool {
    let misleading = |c: char| matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    text.chars().count() <= most && !text.chars().any(|c| c.is_control() || misleading(c))
}
