//! What a registered client is, in the names of RFC 7591 §2 and OpenID Connect Registration §2, with a few of our own.
//! Pure data: the secret is not here, and whether the client may be used right now is for the store to say.

#[cfg(test)]
mod every_member;
mod members;
mod validation;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::base::id::ClientId;
use crate::protocol::claims::Acr;
use crate::protocol::client_jwks::ClientJwks;
use crate::protocol::client_uri::ClientUri;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::registered_word::registered_words;
use crate::protocol::resource::ResourceUri;
use crate::protocol::scope::{self, Scope};
use crate::protocol::signing_algorithm::SigningAlgorithm;

pub use members::is_in_a_language;

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
        /// An assertion keyed by its secret (RFC 7523 §2.2), which therefore rests sealed and not as a digest.
        ClientSecretJwt = "client_secret_jwt",
        /// An assertion signed with a key of its own.
        PrivateKeyJwt = "private_key_jwt",
        /// Not at all: a public client, which could keep no secret.
        None = "none",
    }
}

impl TokenEndpointAuthMethod {
    /// Whether a client of this method has secrets.
    pub const fn has_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt)
    }

    /// The algorithms of its assertions; none where there are no assertions.
    pub const fn assertion_algorithms(self) -> &'static [ClientAlgorithm] {
        match self {
            Self::ClientSecretJwt => &[ClientAlgorithm::Hs256],
            Self::PrivateKeyJwt => &[ClientAlgorithm::Rs256, ClientAlgorithm::Ps256, ClientAlgorithm::Es256, ClientAlgorithm::EdDsa],
            Self::ClientSecretBasic | Self::ClientSecretPost | Self::None => &[],
        }
    }
}

registered_words! {
    /// What a client may bring to the token endpoint (RFC 7591 §2).
    GrantType {
        /// A code (RFC 6749 §4.1).
        AuthorizationCode = "authorization_code",
        /// A refresh token (RFC 6749 §6).
        RefreshToken = "refresh_token",
        /// Nothing but itself: it asks in its own name (RFC 6749 §4.4).
        ClientCredentials = "client_credentials",
    }
}

registered_words! {
    /// What a client may ask the authorization endpoint for: only a code (RFC 9700 §2.1.2).
    ResponseType {
        /// A code.
        Code = "code",
    }
}

registered_words! {
    /// What a client signs with: its assertions (RFC 7523 §3) and its request objects (RFC 9101 §4).
    ClientAlgorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        Rs256 = "RS256",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
        /// EdDSA on Ed25519 (RFC 8037).
        EdDsa = "EdDSA",
        /// HMAC with SHA-256, keyed by the client secret: for assertions alone.
        Hs256 = "HS256",
    }
}

registered_words! {
    /// Which `sub` a client sees (OpenID Connect Core §8).
    #[derive(Default)]
    SubjectType {
        /// The same that all others see.
        #[default]
        Public = "public",
        /// One of its own, so that two sectors can't compare notes.
        Pairwise = "pairwise",
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
    /// Whom to ask about it: addresses of people or pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Which software it is (RFC 7591 §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// Which version of that software.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// What it signs its assertions with; without it, any algorithm that its method allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<ClientAlgorithm>,
    /// Its public keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<ClientJwks>,
    /// Where its public keys are; instead of `jwks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<ClientUri>,
    /// What it signs its request objects with; without it, any asymmetric algorithm of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<ClientAlgorithm>,
    /// Whether it must sign its authorization requests (RFC 9101 §10.5).
    #[serde(default)]
    pub require_signed_request_object: bool,
    /// Where its request objects may be fetched from (OpenID Connect Core §6.2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<ClientUri>,
    /// Whether it must push its authorization requests (RFC 9126 §6).
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// What userinfo is signed with for it; without it, userinfo answers with JSON (OpenID Connect Core §5.3.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<SigningAlgorithm>,
    /// Where it wants to hear that a session has ended (Back-Channel Logout §2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<ClientUri>,
    /// Whether it needs `sid` to know which session it was; it always gets it.
    #[serde(default)]
    pub backchannel_logout_session_required: bool,
    /// Which `sub` it sees.
    #[serde(default)]
    pub subject_type: SubjectType,
    /// The sector whose clients see the same pairwise `sub` (OpenID Connect Core §8.1); without it, the host of its redirect URIs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<ClientUri>,
    /// `max_age` of a request that has none, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u64>,
    /// Whether it needs `auth_time`; its ID tokens always have it.
    #[serde(default)]
    pub require_auth_time: bool,
    /// `acr_values` of a request that has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<Acr>,
    /// The resources it may ask access tokens for (RFC 8707). Ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceUri>,
    /// The resources that it is itself: it may introspect the access tokens that are for them, whoever they were given to. Ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub introspection_audiences: Vec<ResourceUri>,
    /// What its access tokens for resources are signed with (RFC 9068); without it, the same as its ID tokens. Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_signed_response_alg: Option<SigningAlgorithm>,
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
    pub member: Cow<'static, str>,
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
            contacts: Vec::new(),
            software_id: None,
            software_version: None,
            token_endpoint_auth_signing_alg: None,
            jwks: None,
            jwks_uri: None,
            request_object_signing_alg: None,
            require_signed_request_object: false,
            request_uris: Vec::new(),
            require_pushed_authorization_requests: false,
            userinfo_signed_response_alg: None,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            subject_type: SubjectType::Public,
            sector_identifier_uri: None,
            default_max_age: None,
            require_auth_time: false,
            default_acr_values: Vec::new(),
            resources: Vec::new(),
            introspection_audiences: Vec::new(),
            access_token_signed_response_alg: None,
        }
    }

    /// Whether it can keep something to itself, and therefore proves who it is (RFC 6749 §2.1).
    pub fn is_confidential(&self) -> bool {
        self.token_endpoint_auth_method != TokenEndpointAuthMethod::None
    }

    /// Whether it may bring this to the token endpoint.
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// The same with the defaults that fit: without people, `response_types` and `scope` have others than those of RFC 7591 §2.
    #[must_use]
    pub fn with_own_defaults(mut self) -> Self {
        if !self.has_people() {
            if self.response_types == only_code() {
                self.response_types.clear();
            }
            if self.scope == ordinary_scope() {
                self.scope = Scope::default();
            }
        }
        self
    }

    /// Whether people are sent to it: otherwise it acts in its own name alone, and has no addresses and no scopes about people.
    pub fn has_people(&self) -> bool {
        self.may_use(GrantType::AuthorizationCode)
    }

    /// What it may ask for in its own name: its scope without what is about people (RFC 6749 §4.4.2, A-TOK-06).
    pub fn own_scope(&self) -> Scope {
        self.scope.only(|word| !scope::SUPPORTED.contains(&word))
    }

    /// What its access tokens for resources are signed with.
    pub fn access_token_algorithm(&self) -> SigningAlgorithm {
        self.access_token_signed_response_alg.unwrap_or(self.id_token_signed_response_alg)
    }

    /// Every algorithm of ours that it asks for, with the member that says so.
    pub fn signing_algorithms(&self) -> Vec<(&'static str, SigningAlgorithm)> {
        let asked = [
            ("id_token_signed_response_alg", Some(self.id_token_signed_response_alg)),
            ("userinfo_signed_response_alg", self.userinfo_signed_response_alg),
            ("access_token_signed_response_alg", self.access_token_signed_response_alg),
        ];
        asked.into_iter().filter_map(|(member, algorithm)| Some((member, algorithm?))).collect()
    }

    /// The algorithms that its assertions may have: the one it registered, or all that its method allows.
    pub fn assertion_algorithms(&self) -> Vec<ClientAlgorithm> {
        let allowed = self.token_endpoint_auth_method.assertion_algorithms();
        allowed.iter().copied().filter(|algorithm| self.token_endpoint_auth_signing_alg.is_none_or(|registered| registered == *algorithm)).collect()
    }

    /// Whether a request of it must have a code challenge. A public client always must, whatever its row says (A-PKCE-01).
    pub fn must_use_pkce(&self) -> bool {
        self.require_pkce || !self.is_confidential()
    }

    /// The origins of the pages that it runs as (A-CORS-02): those of its addresses, but for private schemes and what a policy can't name.
    pub fn web_origins(&self) -> impl Iterator<Item = String> {
        let is_web = |origin: &String| origin.starts_with("https://") || origin.starts_with("http://");
        self.redirect_uris.iter().filter_map(RedirectUri::origin_for_csp).filter(is_web)
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

    /// The sector that it sees pairwise subjects in (OpenID Connect Core §8.1): the host of its `sector_identifier_uri`, or else the one of its
    /// redirect URIs, which registration sees to.
    pub fn sector(&self) -> Option<String> {
        let named = self.sector_identifier_uri.as_ref().map(|uri| RedirectUri::from_text(uri.as_str()));
        named.as_ref().or(self.redirect_uris.first()).and_then(RedirectUri::host)
    }

    /// Where this client is, for people: the host its answers go to, which is checked, or else the host of its page.
    pub fn host(&self) -> Option<String> {
        let page = self.client_uri.as_ref().and_then(|uri| RedirectUri::from_text(uri.as_str()).host());
        self.redirect_uris.first().and_then(RedirectUri::host).or(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop() -> ClientMetadata {
        let mut shop = ClientMetadata::new(ClientId::from_text("shop"), "Shop");
        shop.redirect_uris = vec![RedirectUri::from_text("https://shop.test/cb")];
        shop
    }

    fn members(metadata: &ClientMetadata) -> Vec<String> {
        metadata.validate().err().unwrap_or_default().into_iter().map(|problem| problem.member.into_owned()).collect()
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
            r#"{"client_id":"shop","client_name":"Shop","token_endpoint_auth_method":"tls_client_auth"}"#,
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
        broken.grant_types = vec![GrantType::AuthorizationCode, GrantType::ClientCredentials];
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
                "require_pkce",
            ]
        );
        assert_eq!(members(&ClientMetadata::new(ClientId::from_text("x"), "X")), ["redirect_uris"]);
    }

    /// RFC 6749 §4.4, A-TOK-06: a client that acts in its own name has no addresses, no response types, and no scopes about people.
    #[test]
    fn a_client_without_people_is_registered_for_itself() {
        let mut robot = ClientMetadata::new(ClientId::from_text("robot"), "Robot");
        robot.grant_types = vec![GrantType::ClientCredentials];
        assert_eq!(members(&robot), ["response_types", "scope"]);
        let mut robot = robot.with_own_defaults();
        assert_eq!(robot.validate(), Ok(()));
        robot.scope = Scope::of(&["orders:read"]);
        assert_eq!((robot.validate(), robot.own_scope().to_string().as_str()), (Ok(()), "orders:read"));
        let members_of = |change: &dyn Fn(&mut ClientMetadata)| {
            let mut changed = robot.clone();
            change(&mut changed);
            members(&changed)
        };
        assert_eq!(members_of(&|robot| robot.token_endpoint_auth_method = TokenEndpointAuthMethod::None), ["grant_types"]);
        assert_eq!(members_of(&|robot| robot.redirect_uris = shop().redirect_uris), ["redirect_uris"]);
        assert_eq!(members_of(&|robot| robot.scope = Scope::of(&["openid"])), ["scope"]);
        assert_eq!(members_of(&|robot| robot.scope = Scope::of(&[&"x".repeat(101)])), ["scope"]);
        assert_eq!(members_of(&|robot| robot.grant_types.push(GrantType::RefreshToken)), ["grant_types"]);
        assert_eq!(shop().with_own_defaults(), shop());
    }

    /// OpenID Connect Core §9, A-CA-10, A-CA-11: assertions need keys, and an algorithm that the method has.
    #[test]
    fn assertions_need_keys_and_an_algorithm() {
        use TokenEndpointAuthMethod::{ClientSecretBasic, ClientSecretJwt, PrivateKeyJwt};
        let keys = ClientJwks::from_json(
            serde_json::json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}),
        );
        for (method, jwks, algorithm, wrong) in [
            (PrivateKeyJwt, Some(&keys), None, &[][..]),
            (PrivateKeyJwt, Some(&keys), Some(ClientAlgorithm::EdDsa), &[]),
            (PrivateKeyJwt, None, None, &["token_endpoint_auth_method"]),
            (PrivateKeyJwt, Some(&keys), Some(ClientAlgorithm::Hs256), &["token_endpoint_auth_signing_alg"]),
            (ClientSecretJwt, None, None, &[]),
            (ClientSecretJwt, None, Some(ClientAlgorithm::Rs256), &["token_endpoint_auth_signing_alg"]),
            (ClientSecretBasic, None, Some(ClientAlgorithm::Rs256), &[]),
        ] {
            let client =
                ClientMetadata { token_endpoint_auth_method: method, jwks: jwks.cloned(), token_endpoint_auth_signing_alg: algorithm, ..shop() };
            assert_eq!(members(&client), wrong, "{method} {algorithm:?}");
        }
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
