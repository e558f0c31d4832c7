//! What this provider says about itself (RFC 8414 §2, OpenID Connect Discovery §3), the same at both well-known addresses. Honest:
//! nothing is named that is not built, nothing built is left out, and no list is empty (A-DISC-01).

use serde::Serialize;

use crate::base::issuer::Issuer;
use crate::protocol::claims::Acr;
use crate::protocol::client_metadata::{GrantType, ResponseType, TokenEndpointAuthMethod};
use crate::protocol::pkce;
use crate::protocol::prompt::PromptValue;
use crate::protocol::scope;
use crate::protocol::signing_algorithm::SigningAlgorithm;

/// Where each endpoint is, below the issuer.
pub mod path {
    /// The authorization endpoint.
    pub const AUTHORIZE: &str = "/authorize";
    /// The token endpoint.
    pub const TOKEN: &str = "/token";
    /// The userinfo endpoint.
    pub const USERINFO: &str = "/userinfo";
    /// The JSON Web Key Set.
    pub const JWKS: &str = "/jwks";
    /// The revocation endpoint.
    pub const REVOKE: &str = "/revoke";
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
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    revocation_endpoint: String,
    end_session_endpoint: String,
    scopes_supported: [&'static str; 6],
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 2],
    acr_values_supported: Vec<&'static str>,
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 3],
    token_endpoint_auth_methods_supported: [&'static str; 3],
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    code_challenge_methods_supported: [&'static str; 1],
    prompt_values_supported: [&'static str; 4],
    claim_types_supported: [&'static str; 1],
    claims_supported: [&'static str; 30],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ui_locales_supported: Vec<String>,
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    // The default of this one is true (OpenID Connect Discovery §3), so it is always said (A-JAR-01).
    request_uri_parameter_supported: bool,
    authorization_response_iss_parameter_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
}

impl ProviderMetadata {
    /// What the provider at `issuer` says about itself; `ui_locales` are the languages its pages are written in, `acr_values` how strong a sign-in may be.
    pub fn new(issuer: &Issuer, ui_locales: Vec<String>, acr_values: &[Acr]) -> Self {
        let auth_methods = TokenEndpointAuthMethod::ALL.map(TokenEndpointAuthMethod::name);
        Self {
            issuer: issuer.as_str().to_owned(),
            authorization_endpoint: issuer.join(path::AUTHORIZE),
            token_endpoint: issuer.join(path::TOKEN),
            userinfo_endpoint: issuer.join(path::USERINFO),
            jwks_uri: issuer.join(path::JWKS),
            revocation_endpoint: issuer.join(path::REVOKE),
            end_session_endpoint: issuer.join(path::LOGOUT),
            scopes_supported: scope::SUPPORTED,
            response_types_supported: ResponseType::ALL.map(ResponseType::name),
            response_modes_supported: ["query"],
            grant_types_supported: GrantType::ALL.map(GrantType::name),
            acr_values_supported: acr_values.iter().map(|acr| acr.name()).collect(),
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: SigningAlgorithm::ALL.map(SigningAlgorithm::name),
            token_endpoint_auth_methods_supported: auth_methods,
            revocation_endpoint_auth_methods_supported: auth_methods,
            code_challenge_methods_supported: [pkce::S256],
            prompt_values_supported: PromptValue::ALL.map(PromptValue::name),
            claim_types_supported: ["normal"],
            claims_supported: CLAIMS,
            ui_locales_supported: ui_locales,
            claims_parameter_supported: false,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
            authorization_response_iss_parameter_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(issuer: &str, locales: &[&str]) -> Value {
        let locales = locales.iter().map(|&locale| locale.to_owned()).collect();
        serde_json::to_value(ProviderMetadata::new(&Issuer::parse(issuer).unwrap(), locales, &Acr::ALL)).unwrap()
    }

    /// A-DISC-01, A-PKCE-05, A-JAR-01, A-ISS-01: the whole document.
    #[test]
    fn the_document_says_what_is_built() {
        let expected = json!({
            "issuer": "https://example.com/id",
            "authorization_endpoint": "https://example.com/id/authorize",
            "token_endpoint": "https://example.com/id/token",
            "userinfo_endpoint": "https://example.com/id/userinfo",
            "jwks_uri": "https://example.com/id/jwks",
            "revocation_endpoint": "https://example.com/id/revoke",
            "end_session_endpoint": "https://example.com/id/logout",
            "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "acr_values_supported": ["password", "password+otp", "phr", "phrh"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "claim_types_supported": ["normal"],
            "claims_supported": [
                "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid", "name", "given_name", "family_name",
                "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale",
                "updated_at", "email", "email_verified", "address", "phone_number", "phone_number_verified"
            ],
            "ui_locales_supported": ["en", "de"],
            "claims_parameter_supported": false,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
            "authorization_response_iss_parameter_supported": true,
            "backchannel_logout_supported": true,
            "backchannel_logout_session_supported": true
        });
        assert_eq!(document("https://example.com/id", &["en", "de"]), expected);
    }

    /// A-DISC-01: no empty list, whatever it is given.
    #[test]
    fn no_list_is_empty() {
        let document = document("http://localhost:8080", &[]);
        let lists: Vec<_> = document.as_object().unwrap().values().filter_map(Value::as_array).collect();
        assert!(lists.len() > 10 && lists.iter().all(|list| !list.is_empty()));
    }
}
