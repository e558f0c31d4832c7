//! What this provider says about itself (RFC 8414 §2, OpenID Connect Discovery §3), the same at both well-known addresses. Honest:
//! nothing is named that is not built, nothing built is left out, and no list is empty (A-DISC-01).

use serde::Serialize;

use crate::base::issuer::Issuer;
use crate::protocol::claims::Acr;
use crate::protocol::client_metadata::{ClientAlgorithm, GrantType, ResponseType, SubjectType, TokenEndpointAuthMethod};
use crate::protocol::pkce;
use crate::protocol::prompt::PromptValue;
use crate::protocol::request_object;
use crate::protocol::response_mode::ResponseMode;
use crate::protocol::scope;
use crate::protocol::signing_algorithm::SigningAlgorithm;

/// Where each endpoint is, below the issuer.
pub mod path {
    /// The authorization endpoint.
    pub const AUTHORIZE: &str = "/authorize";
    /// The pushed authorization request endpoint.
    pub const PAR: &str = "/par";
    /// The token endpoint.
    pub const TOKEN: &str = "/token";
    /// The userinfo endpoint.
    pub const USERINFO: &str = "/userinfo";
    /// The JSON Web Key Set.
    pub const JWKS: &str = "/jwks";
    /// The revocation endpoint.
    pub const REVOKE: &str = "/revoke";
    /// The introspection endpoint.
    pub const INTROSPECT: &str = "/introspect";
    /// The registration endpoint, where it is open.
    pub const REGISTER: &str = "/register";
    /// The end-session endpoint.
    pub const LOGOUT: &str = "/logout";
}

/// The claims that can be told (OpenID Connect Core §2, §5.1).
const CLAIMS: [&str; 30] = [
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "at_hash",
    "sid",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
    "email",
    "email_verified",
    "address",
    "phone_number",
    "phone_number_verified",
];

/// The metadata document.
#[derive(Clone, Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the document has as many")]
pub struct ProviderMetadata {
    issuer: String,
    authorization_endpoint: String,
    pushed_authorization_request_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    end_session_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_endpoint: Option<String>,
    scopes_supported: [&'static str; 6],
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 3],
    grant_types_supported: [&'static str; 3],
    acr_values_supported: Vec<&'static str>,
    subject_types_supported: [&'static str; 2],
    id_token_signing_alg_values_supported: Vec<&'static str>,
    userinfo_signing_alg_values_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: [&'static str; 5],
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 5],
    revocation_endpoint_auth_methods_supported: [&'static str; 5],
    revocation_endpoint_auth_signing_alg_values_supported: [&'static str; 5],
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_signing_alg_values_supported: [&'static str; 5],
    code_challenge_methods_supported: [&'static str; 1],
    prompt_values_supported: [&'static str; 4],
    display_values_supported: [&'static str; 4],
    claim_types_supported: [&'static str; 1],
    claims_supported: [&'static str; 30],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ui_locales_supported: Vec<String>,
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_object_signing_alg_values_supported: [&'static str; 4],
    // The default of this one is true (OpenID Connect Discovery §3), so it is always said (A-JAR-01).
    request_uri_parameter_supported: bool,
    require_request_uri_registration: bool,
    require_pushed_authorization_requests: bool,
    authorization_response_iss_parameter_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
}

impl ProviderMetadata {
    /// What the provider at `issuer` says about itself; `ui_locales` are the languages its pages are written in, `acr_values` how strong a sign-in
    /// may be, `signing` the algorithms that it has keys for, and `require_pushed_requests` whether all requests must be pushed.
    pub fn new(issuer: &Issuer, ui_locales: Vec<String>, acr_values: &[Acr], signing: &[SigningAlgorithm], require_pushed_requests: bool) -> Self {
        let auth_methods = TokenEndpointAuthMethod::ALL.map(TokenEndpointAuthMethod::name);
        let client_algorithms = ClientAlgorithm::ALL.map(ClientAlgorithm::name);
        let signing: Vec<_> = signing.iter().map(|algorithm| algorithm.name()).collect();
        Self {
            issuer: issuer.as_str().to_owned(),
            authorization_endpoint: issuer.join(path::AUTHORIZE),
            pushed_authorization_request_endpoint: issuer.join(path::PAR),
            token_endpoint: issuer.join(path::TOKEN),
            userinfo_endpoint: issuer.join(path::USERINFO),
            jwks_uri: issuer.join(path::JWKS),
            revocation_endpoint: issuer.join(path::REVOKE),
            introspection_endpoint: issuer.join(path::INTROSPECT),
            end_session_endpoint: issuer.join(path::LOGOUT),
            registration_endpoint: None,
            scopes_supported: scope::SUPPORTED,
            response_types_supported: ResponseType::ALL.map(ResponseType::name),
            response_modes_supported: ResponseMode::ALL.map(ResponseMode::name),
            grant_types_supported: GrantType::ALL.map(GrantType::name),
            acr_values_supported: acr_values.iter().map(|acr| acr.name()).collect(),
            subject_types_supported: SubjectType::ALL.map(SubjectType::name),
            id_token_signing_alg_values_supported: signing.clone(),
            userinfo_signing_alg_values_supported: signing,
            token_endpoint_auth_methods_supported: auth_methods,
            token_endpoint_auth_signing_alg_values_supported: client_algorithms,
            revocation_endpoint_auth_methods_supported: auth_methods,
            revocation_endpoint_auth_signing_alg_values_supported: client_algorithms,
            // Not for those who prove nothing (RFC 7662 §2.1).
            introspection_endpoint_auth_methods_supported: auth_methods.into_iter().filter(|method| *method != "none").collect(),
            introspection_endpoint_auth_signing_alg_values_supported: client_algorithms,
            code_challenge_methods_supported: [pkce::S256],
            prompt_values_supported: PromptValue::ALL.map(PromptValue::name),
            display_values_supported: ["page", "popup", "touch", "wap"],
            claim_types_supported: ["normal"],
            claims_supported: CLAIMS,
            ui_locales_supported: ui_locales,
            claims_parameter_supported: true,
            request_parameter_supported: true,
            request_object_signing_alg_values_supported: request_object::ALGORITHMS.map(ClientAlgorithm::name),
            request_uri_parameter_supported: true,
            require_request_uri_registration: true,
            require_pushed_authorization_requests: require_pushed_requests,
            authorization_response_iss_parameter_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
        }
    }

    /// The same for a provider at which clients may register themselves.
    #[must_use]
    pub fn with_registration(mut self, issuer: &Issuer) -> Self {
        self.registration_endpoint = Some(issuer.join(path::REGISTER));
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(issuer: &str, locales: &[&str]) -> Value {
        let locales = locales.iter().map(|&locale| locale.to_owned()).collect();
        serde_json::to_value(ProviderMetadata::new(&Issuer::parse(issuer).unwrap(), locales, &Acr::ALL, &SigningAlgorithm::ALL, false)).unwrap()
    }

    /// A-DISC-01, A-PKCE-05, A-JAR-01, A-ISS-01: the whole document.
    #[test]
    fn the_document_says_what_is_built() {
        let expected = json!({
            "issuer": "https://example.com/id",
            "authorization_endpoint": "https://example.com/id/authorize",
            "pushed_authorization_request_endpoint": "https://example.com/id/par",
            "token_endpoint": "https://example.com/id/token",
            "userinfo_endpoint": "https://example.com/id/userinfo",
            "jwks_uri": "https://example.com/id/jwks",
            "revocation_endpoint": "https://example.com/id/revoke",
            "introspection_endpoint": "https://example.com/id/introspect",
            "end_session_endpoint": "https://example.com/id/logout",
            "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "acr_values_supported": ["password", "password+otp", "phr", "phrh"],
            "subject_types_supported": ["public", "pairwise"],
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
            "userinfo_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "HS256"],
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"],
            "revocation_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "HS256"],
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"],
            "introspection_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "HS256"],
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "display_values_supported": ["page", "popup", "touch", "wap"],
            "claim_types_supported": ["normal"],
            "claims_supported": [
                "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid", "name", "given_name", "family_name",
                "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale",
                "updated_at", "email", "email_verified", "address", "phone_number", "phone_number_verified"
            ],
            "ui_locales_supported": ["en", "de"],
            "claims_parameter_supported": true,
            "request_parameter_supported": true,
            "request_object_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
            "request_uri_parameter_supported": true,
            "require_request_uri_registration": true,
            "require_pushed_authorization_requests": false,
            "authorization_response_iss_parameter_supported": true,
            "backchannel_logout_supported": true,
            "backchannel_logout_session_supported": true
        });
        assert_eq!(document("https://example.com/id", &["en", "de"]), expected);
    }

    /// A-DCR-01: where clients may register themselves, the place is named.
    #[test]
    fn the_registration_endpoint_is_named_where_there_is_one() {
        let issuer = Issuer::parse("https://example.com/id").unwrap();
        let closed = ProviderMetadata::new(&issuer, Vec::new(), &Acr::ALL, &SigningAlgorithm::ALWAYS, false);
        assert!(serde_json::to_value(&closed).unwrap().get("registration_endpoint").is_none());
        assert_eq!(serde_json::to_value(closed.with_registration(&issuer)).unwrap()["registration_endpoint"], "https://example.com/id/register");
    }

    /// A-DISC-01: no empty list, whatever it is given.
    #[test]
    fn no_list_is_empty() {
        let document = document("http://localhost:8080", &[]);
        let lists: Vec<_> = document.as_object().unwrap().values().filter_map(Value::as_array).collect();
        assert!(lists.len() > 10 && lists.iter().all(|list| !list.is_empty()));
    }
}
