//! What a registered client is, in the names of RFC 7591 §2 and OpenID Connect Registration §2, with a few of our own.
//! Pure data: the secret is not here, and whether the client may be used right now is for the store to say.

use serde::{Deserialize, Serialize};

use crate::base::id::ClientId;
use crate::protocol::client_uri::ClientUri;
use crate::protocol::redirect_uri::{RedirectUri, RedirectUriPolicy};
use crate::protocol::registered_word::registered_words;
use crate::protocol::scope::{self, Scope};
use crate::protocol::signing_algorithm::SigningAlgorithm;

/// The most addresses in one list.
const MOST_URIS: usize = 50;

registered_words! {
    /// Where a client runs (OpenID Connect Registration §2).
    #[derive(Default)]
    ApplicationType {
        /// On a server, or as a page in a browser.
        #[default]
        Web = "web",
        /// On a person's device.
        Native = "native",
    }
}

registered_words! {
    /// How a client proves at the token endpoint that it is the one it names (OpenID Connect Core §9).
    #[derive(Default)]
    TokenEndpointAuthMethod {
        /// Its secret in the Authorization header.
        #[default]
        ClientSecretBasic = "client_secret_basic",
        /// Its secret in the body.
        ClientSecretPost = "client_secret_post",
        /// Not at all: a public client, which could keep no secret.
        None = "none",
    }
}

registered_words! {
    /// What a client may bring to the token endpoint (RFC 7591 §2).
    GrantType {
        /// A code (RFC 6749 §4.1).
        AuthorizationCode = "authorization_code",
        /// A refresh token (RFC 6749 §6).
        RefreshToken = "refresh_token",
    }
}

registered_words! {
    /// What a client may ask the authorization endpoint for: only a code (RFC 9700 §2.1.2).
    ResponseType {
        /// A code.
        Code = "code",
    }
}

/// When a person is asked whether a client may have what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentPolicy {
    /// Never: an administrator answered for everybody.
    NotAsked,
    /// Once; what was allowed is remembered.
    Remembered,
    /// Each time, for nothing proves that the same client asks, or what it asks for lasts beyond the session.
    EachTime,
}

/// A registered client. Members that are left out have the default of RFC 7591 §2, or the strict one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a member of its own, set by name")]
pub struct ClientMetadata {
    /// Its name towards the provider.
    pub client_id: ClientId,
    /// Its name towards people.
    pub client_name: String,
    /// A sentence about it, for people. Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it runs.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// How it proves who it is.
    #[serde(default)]
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Where answers may be sent.
    #[serde(default)]
    pub redirect_uris: Vec<RedirectUri>,
    /// Where a person may be sent after signing out (RP-Initiated Logout §3.1).
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// What it may bring to the token endpoint.
    #[serde(default = "only_codes")]
    pub grant_types: Vec<GrantType>,
    /// What it may ask for.
    #[serde(default = "only_code")]
    pub response_types: Vec<ResponseType>,
    /// The most it may ask for.
    #[serde(default = "ordinary_scope")]
    pub scope: Scope,
    /// What its ID tokens are signed with.
    #[serde(default)]
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// Its page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<ClientUri>,
    /// Its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<ClientUri>,
    /// How it handles what it learns about people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<ClientUri>,
    /// Its terms of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<ClientUri>,
    /// Where signing in to it begins (OpenID Connect Core §4): what the dashboard opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<ClientUri>,
    /// Whether people are asked before it learns anything. Ours.
    #[serde(default = "yes")]
    pub require_consent: bool,
    /// Whether it must use PKCE. Only a confidential client may be without, and then it must send a nonce (OAuth 2.1 §7.5.1). Ours.
    #[serde(default = "yes")]
    pub require_pkce: bool,
    /// Whether its addresses may be plain http on loopback addresses and names. Ours.
    #[serde(default)]
    pub allow_loopback_http: bool,
    /// Whether its ID tokens also carry what the scope gives, for clients that never ask userinfo. Ours.
    #[serde(default)]
    pub scope_claims_in_id_token: bool,
}

fn only_codes() -> Vec<GrantType> {
    vec![GrantType::AuthorizationCode]
}

fn only_code() -> Vec<ResponseType> {
    vec![ResponseType::Code]
}

fn ordinary_scope() -> Scope {
    Scope::of(&[scope::OPENID, scope::PROFILE, scope::EMAIL])
}

const fn yes() -> bool {
    true
}

/// One thing that is wrong with a client's metadata.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{member} {problem}")]
pub struct MetadataProblem {
    /// The member, as it is called in JSON.
    pub member: &'static str,
    /// What is wrong, as the rest of a sentence that begins with the member.
    pub problem: String,
}

impl ClientMetadata {
    /// A confidential web client with strict defaults, to be filled in.
    pub fn new(client_id: ClientId, client_name: impl Into<String>) -> Self {
        Self {
            client_id,
            client_name: client_name.into(),
            description: None,
            application_type: ApplicationType::Web,
            token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            grant_types: only_codes(),
            response_types: only_code(),
            scope: ordinary_scope(),
            id_token_signed_response_alg: SigningAlgorithm::default(),
            client_uri: None,
            logo_uri: None,
            policy_uri: None,
            tos_uri: None,
            initiate_login_uri: None,
            require_consent: true,
            require_pkce: true,
            allow_loopback_http: false,
            scope_claims_in_id_token: false,
        }
    }

    /// Whether it can keep a secret, and therefore has one (RFC 6749 §2.1).
    pub fn is_confidential(&self) -> bool {
        self.token_endpoint_auth_method != TokenEndpointAuthMethod::None
    }

    /// Whether it may bring this to the token endpoint.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Whether a request of it must have a code challenge. A public client always must, whatever its row says (A-PKCE-01).
    pub fn must_use_pkce(&self) -> bool {
        self.require_pkce || !self.is_confidential()
    }

    /// The address that `requested` names, in its exact text, if it is one of those registered (A-RED-01).
    pub fn redirect_uri(&self, requested: &str) -> Option<RedirectUri> {
        let by_name = self.application_type == ApplicationType::Native && self.allow_loopback_http;
        let matches = |uri: &RedirectUri| if by_name { uri.matches_on_loopback(requested) } else { uri.matches(requested) };
        self.redirect_uris.iter().any(matches).then(|| RedirectUri::from_text(requested))
    }

    /// The address after signing out that `requested` names: byte for byte, with no exception (A-LO-01).
    pub fn post_logout_redirect_uri(&self, requested: &str) -> Option<RedirectUri> {
        self.post_logout_redirect_uris.iter().find(|uri| uri.as_str() == requested).cloned()
    }

    /// When a person is asked about a request for `scope` that is answered at `redirect_uri`.
    pub fn consent_policy(&self, scope: &Scope, redirect_uri: &RedirectUri) -> ConsentPolicy {
        // RFC 8252 §8.6: any app on the device can pose as a public one whose answers don't go to a domain (A-AUTHN-06).
        let may_be_another = self.application_type == ApplicationType::Native && !self.is_confidential() && !redirect_uri.is_https();
        // OpenID Connect Core §11: being here while the person is away takes their word, unless an administrator registered that right
        // with a client that proves who it is (A-AUTHN-07).
        let stays_on_its_own = scope.contains(scope::OFFLINE_ACCESS) && !self.is_confidential();
        if may_be_another || stays_on_its_own {
            ConsentPolicy::EachTime
        } else if self.require_consent {
            ConsentPolicy::Remembered
        } else {
            ConsentPolicy::NotAsked
        }
    }

    /// Where this client is, for people: the host its answers go to, which is checked, or else the host of its page.
    pub fn host(&self) -> Option<String> {
        let page = self.client_uri.as_ref().and_then(|uri| RedirectUri::from_text(uri.as_str()).host());
        self.redirect_uris.first().and_then(RedirectUri::host).or(page)
    }

    /// Every problem at once; nothing is registered or changed while there is one.
    pub fn validate(&self) -> Result<(), Vec<MetadataProblem>> {
        let mut problems = Vec::new();
        let mut report = |member: &'static str, problem: &str| problems.push(MetadataProblem { member, problem: problem.to_owned() });
        self.check_names(&mut report);
        self.check_redirects(&mut report);
        self.check_links(&mut report);
        self.check_rights(&mut report);
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn check_names(&self, report: &mut impl FnMut(&'static str, &str)) {
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

    fn check_redirects(&self, report: &mut impl FnMut(&'static str, &str)) {
        let native = self.application_type == ApplicationType::Native;
        let policy = RedirectUriPolicy { native, allow_loopback_http: self.allow_loopback_http };
        if self.redirect_uris.is_empty() {
            report("redirect_uris", "must have at least one address");
        }
        for (member, uris) in [("redirect_uris", &self.redirect_uris), ("post_logout_redirect_uris", &self.post_logout_redirect_uris)] {
            if uris.len() > MOST_URIS {
                report(member, "must have at most 50 addresses");
            }
            for (index, uri) in uris.iter().enumerate() {
                if let Err(problem) = uri.check(policy) {
                    report(member, &format!("number {}: {uri:.100} {problem}", index + 1));
                }
                if uris.iter().take(index).any(|earlier| earlier == uri) {
                    report(member, &format!("number {}: {uri:.100} is there twice", index + 1));
                }
            }
        }
    }

    fn check_links(&self, report: &mut impl FnMut(&'static str, &str)) {
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

    fn check_rights(&self, report: &mut impl FnMut(&'static str, &str)) {
        if !self.may_use(GrantType::AuthorizationCode) {
            report("grant_types", "must have authorization_code");
        }
        if self.response_types != only_code() {
            report("response_types", "must be exactly [\"code\"]");
        }
        if !self.scope.contains(scope::OPENID) {
            report("scope", "must have openid");
        }
        for token in self.scope.tokens().filter(|token| !scope::SUPPORTED.contains(&token.as_str())) {
            report("scope", &format!("has {token:.60}, which means nothing here"));
        }
        if self.scope.contains(scope::OFFLINE_ACCESS) && !self.may_use(GrantType::RefreshToken) {
            report("scope", "has offline_access, which needs the grant type refresh_token");
        }
        if !self.require_pkce && !self.is_confidential() {
            report("require_pkce", "must be true for a public client");
        }
    }
}

/// Whether this can stand in a line of a page without changing what is around it: no control characters, no directional marks.
fn is_one_line(text: &str, most: usize) -> bool {
    let misleading = |c: char| matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    text.chars().count() <= most && !text.chars().any(|c| c.is_control() || misleading(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> ClientMetadata {
        let mut shop = ClientMetadata::new(ClientId::from_text("shop"), "Shop");
        shop.redirect_uris = vec![RedirectUri::from_text("https://shop.test/cb")];
        shop
    }

    fn members(metadata: &ClientMetadata) -> Vec<&'static str> {
        metadata.validate().err().unwrap_or_default().into_iter().map(|problem| problem.member).collect()
    }

    #[test]
    fn json_has_strict_defaults_and_no_unknown_members() {
        let read: ClientMetadata =
            serde_json::from_str(r#"{"client_id":"shop","client_name":"Shop","redirect_uris":["https://shop.test/cb"]}"#).unwrap();
        assert_eq!(read, shop());
        assert_eq!(read.validate(), Ok(()));
        assert_eq!(serde_json::from_str::<ClientMetadata>(&serde_json::to_string(&read).unwrap()).unwrap(), read);
        for json in [
            r#"{"client_id":"shop","client_name":"Shop","redirect_url":"https://shop.test/cb"}"#,
            r#"{"client_id":"shop","client_name":"Shop","token_endpoint_auth_method":"private_key_jwt"}"#,
            r#"{"client_id":"shop","client_name":"Shop","id_token_signed_response_alg":"none"}"#,
            r#"{"client_id":"shop","client_name":"Shop","response_types":["token"]}"#,
            r#"{"client_id":"shop","client_name":"Shop","grant_types":["password"]}"#,
        ] {
            assert!(serde_json::from_str::<ClientMetadata>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn every_problem_is_reported_with_its_member() {
        let mut broken = shop();
        broken.client_id = ClientId::from_text("a b");
        broken.client_name = "Sh\u{202e}op".into();
        broken.description = Some("two\nlines".into());
        broken.redirect_uris = vec![RedirectUri::from_text("http://shop.test/cb"), RedirectUri::from_text("javascript:x")];
        broken.post_logout_redirect_uris = vec![RedirectUri::from_text("https://shop.test/#"); 2];
        broken.grant_types = vec![];
        broken.response_types = vec![];
        broken.scope = Scope::of(&["wiki:write", "offline_access"]);
        broken.logo_uri = Some(ClientUri::from_text("data:image/png,x"));
        broken.require_pkce = false;
        broken.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
        assert_eq!(
            members(&broken),
            [
                "client_id",
                "client_name",
                "description",
                "redirect_uris",
                "redirect_uris",
                "post_logout_redirect_uris",
                "post_logout_redirect_uris",
                "post_logout_redirect_uris",
                "logo_uri",
                "grant_types",
                "response_types",
                "scope",
                "scope",
                "scope",
                "require_pkce",
            ]
        );
        assert_eq!(members(&ClientMetadata::new(ClientId::from_text("x"), "X")), ["redirect_uris"]);
    }

    /// A-PKCE-01: the exemption is for confidential clients alone, also when a row says otherwise.
    #[test]
    fn a_public_client_always_uses_pkce() {
        let exempt = ClientMetadata { require_pkce: false, ..shop() };
        assert_eq!(exempt.validate(), Ok(()));
        assert!(!exempt.must_use_pkce());
        let public = ClientMetadata { token_endpoint_auth_method: TokenEndpointAuthMethod::None, ..exempt };
        assert!(public.must_use_pkce());
        assert_eq!(members(&public), ["require_pkce"]);
    }

    /// Security decision 8: the port of `localhost` may differ for a native client that opted in, and for nobody else.
    #[test]
    fn loopback_names_take_an_opt_in() {
        let mut client = shop();
        client.redirect_uris = vec![RedirectUri::from_text("http://localhost:3000/cb")];
        assert_eq!(members(&client), ["redirect_uris"]);
        client.allow_loopback_http = true;
        assert_eq!(client.validate(), Ok(()));
        assert!(client.redirect_uri("http://localhost:3000/cb").is_some() && client.redirect_uri("http://localhost:4000/cb").is_none());
        client.application_type = ApplicationType::Native;
        assert_eq!(client.redirect_uri("http://localhost:4000/cb").unwrap().as_str(), "http://localhost:4000/cb");
    }

    /// A-LO-01: the address after signing out is compared without the loopback exception.
    #[test]
    fn the_address_after_signing_out_matches_exactly() {
        let mut client = shop();
        client.post_logout_redirect_uris = vec![RedirectUri::from_text("http://127.0.0.1:3000/bye")];
        assert!(client.post_logout_redirect_uri("http://127.0.0.1:3000/bye").is_some());
        assert!(client.post_logout_redirect_uri("http://127.0.0.1:4000/bye").is_none());
    }

    /// A-AUTHN-06, A-AUTHN-07: who is asked each time.
    #[test]
    fn consent_is_remembered_only_where_the_client_is_known_to_be_the_same() {
        let (openid, offline) = (Scope::of(&["openid"]), Scope::of(&["openid", "offline_access"]));
        let (https, app) = (RedirectUri::from_text("https://shop.test/cb"), RedirectUri::from_text("com.example.app:/cb"));
        let public = ClientMetadata { token_endpoint_auth_method: TokenEndpointAuthMethod::None, ..shop() };
        let native = ClientMetadata { application_type: ApplicationType::Native, ..public.clone() };
        let trusted = ClientMetadata { require_consent: false, ..shop() };
        for (client, scope, redirect_uri, policy) in [
            (&shop(), &openid, &https, ConsentPolicy::Remembered),
            (&shop(), &offline, &https, ConsentPolicy::Remembered),
            (&trusted, &offline, &https, ConsentPolicy::NotAsked),
            (&public, &openid, &https, ConsentPolicy::Remembered),
            (&public, &offline, &https, ConsentPolicy::EachTime),
            (&native, &openid, &https, ConsentPolicy::Remembered),
            (&native, &openid, &app, ConsentPolicy::EachTime),
        ] {
            assert_eq!(client.consent_policy(scope, redirect_uri), policy, "{client:?} {scope} {redirect_uri}");
        }
    }
}
