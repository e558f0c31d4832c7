//! `OAuthError`: what a relying party is told when something is refused, in the words registered for it. One constructor for each
//! registered code that is used here; the description is safe text, and the cause is for the log alone.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// The longest description that is sent: enough for a sentence, too little to carry somebody's page.
const LONGEST_DESCRIPTION: usize = 300;

/// Writes [`ErrorCode`], its registered names, its HTTP statuses and a constructor for each from one table.
macro_rules! error_codes {
    ($($(#[$meta:meta])* $variant:ident, $name:ident, $status:literal;)*) => {
        /// An error code of the OAuth Extensions Error Registry (RFC 6749 §11.4).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$meta])* $variant,)*
        }

        impl ErrorCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its registered name: the value of `error`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($name),)*
                }
            }

            /// The HTTP status of a direct answer that carries it. What is redirected to a client has the redirect's own status.
            pub const fn status(self) -> u16 {
                match self {
                    $(Self::$variant => $status,)*
                }
            }
        }

        impl OAuthError {
            $(
                $(#[$meta])*
                pub fn $name(description: impl Into<Cow<'static, str>>) -> Self {
                    Self::new(ErrorCode::$variant, description)
                }
            )*
        }
    };
}

error_codes! {
    /// A parameter is missing, repeated, malformed or does not go with another one (RFC 6749 §4.1.2.1, §5.2).
    InvalidRequest, invalid_request, 400;
    /// The client is unknown, or did not prove that it is the one it names: with a wrong secret, or an assertion that is bad or was used (RFC 6749 §5.2).
    InvalidClient, invalid_client, 401;
    /// The code or refresh token is unknown, over, used, or was given to another client (RFC 6749 §5.2).
    InvalidGrant, invalid_grant, 400;
    /// This client is not registered for this grant or response type (RFC 6749 §4.1.2.1, §5.2).
    UnauthorizedClient, unauthorized_client, 400;
    /// A grant type that this provider does not know (RFC 6749 §5.2).
    UnsupportedGrantType, unsupported_grant_type, 400;
    /// A response type other than `code` (RFC 6749 §4.1.2.1).
    UnsupportedResponseType, unsupported_response_type, 400;
    /// The scope is malformed, lacks `openid`, or is more than was granted or than the client may have in its own name (RFC 6749 §4.1.2.1, §5.2).
    InvalidScope, invalid_scope, 400;
    /// The person, or this provider in their name, said no (RFC 6749 §4.1.2.1).
    AccessDenied, access_denied, 403;
    /// Something broke here; the request may have been perfectly right (RFC 6749 §4.1.2.1).
    ServerError, server_error, 500;
    /// Too busy, or something needed is away for the moment; worth another try (RFC 6749 §4.1.2.1).
    TemporarilyUnavailable, temporarily_unavailable, 503;
    /// `prompt=none`, and nobody is signed in, or not recently enough, or not the one who was meant (OpenID Connect Core §3.1.2.6).
    LoginRequired, login_required, 400;
    /// `prompt=none`, and it takes a choice among accounts (OpenID Connect Core §3.1.2.6).
    AccountSelectionRequired, account_selection_required, 400;
    /// `prompt=none`, and the person has not yet allowed what is asked (OpenID Connect Core §3.1.2.6).
    ConsentRequired, consent_required, 400;
    /// `prompt=none`, and something else has to be shown first (OpenID Connect Core §3.1.2.6).
    InteractionRequired, interaction_required, 400;
    /// The sign-in was not as strong as the client makes it a condition (Unmet Authentication Requirements 1.0 §2).
    UnmetAuthenticationRequirements, unmet_authentication_requirements, 400;
    /// A request object that nobody signed, or of a client without keys (OpenID Connect Core §3.1.2.6, §6.1).
    RequestNotSupported, request_not_supported, 400;
    /// A reference that is neither the name of a pushed request nor registered; nothing is fetched (OpenID Connect Core §3.1.2.6, §6.2).
    RequestUriNotSupported, request_uri_not_supported, 400;
    /// What stands at a registered `request_uri` can't be had (OpenID Connect Core §3.1.2.6).
    InvalidRequestUri, invalid_request_uri, 400;
    /// A request object is not signed as its client registered, over, or contradicts what stands beside it (OpenID Connect Core §3.1.2.6).
    InvalidRequestObject, invalid_request_object, 400;
    /// Registration inside a request is for self-issued providers (OpenID Connect Core §3.1.2.6, §7.2.1).
    RegistrationNotSupported, registration_not_supported, 400;
    /// A resource is no resource, is not registered for this client, or is more than was granted (RFC 8707 §2).
    InvalidTarget, invalid_target, 400;
    /// The access token is malformed, over, revoked, or not one of ours (RFC 6750 §3.1).
    InvalidToken, invalid_token, 401;
    /// The access token is good, but not for this (RFC 6750 §3.1).
    InsufficientScope, insufficient_scope, 403;
    /// A redirect URI can't be registered (RFC 7591 §3.2.2).
    InvalidRedirectUri, invalid_redirect_uri, 400;
    /// Something else that a client asked to be registered can't be (RFC 7591 §3.2.2).
    InvalidClientMetadata, invalid_client_metadata, 400;
    /// Tokens of this kind cannot be revoked here (RFC 7009 §2.2.1).
    UnsupportedTokenType, unsupported_token_type, 400;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A refusal in the words of OAuth. As JSON it is the body of a direct answer: `error` and `error_description`, nothing else.
pub struct OAuthError {
    code: ErrorCode,
    description: Cow<'static, str>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl OAuthError {
    fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        Self { code, description: sanitised(description.into()), source: None }
    }

    /// The same with its cause, which reaches the log and nobody else.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The registered code.
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// One sentence for the developer of the client, in characters that `error_description` may have.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The HTTP status of a direct answer.
    pub const fn status(&self) -> u16 {
        self.code.status()
    }
}

/// Keeps to `%x20-21 / %x23-5B / %x5D-7E` (RFC 6749 §5.2, A-TOK-04): the text may quote what a stranger sent.
fn sanitised(text: Cow<'static, str>) -> Cow<'static, str> {
    let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    if text.len() <= LONGEST_DESCRIPTION && text.chars().all(allowed) {
        return text;
    }
    let replaced = |c: char| match c {
        '"' => '\'',
        _ if allowed(c) => c,
        _ => '?',
    };
    Cow::Owned(text.chars().take(LONGEST_DESCRIPTION).map(replaced).collect())
}

/// Two refusals are equal when a client can't tell them apart.
impl PartialEq for OAuthError {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code && self.description == other.description
    }
}

impl Eq for OAuthError {}

impl Serialize for OAuthError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("error", self.code.name())?;
        map.serialize_entry("error_description", self.description())?;
        map.end()
    }
}

impl fmt::Debug for OAuthError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code, self.description)?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for OAuthError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|boxed| &**boxed as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A-TOK-04: quotes, backslashes, emoji and line ends never reach `error_description`.
    #[test]
    fn a_description_has_only_the_characters_it_may_have() {
        let error = OAuthError::invalid_request("the \"state\" of C:\\x is \u{1f600}\r\nSet-Cookie: a=b");
        assert_eq!(error.description(), "the 'state' of C:?x is ???Set-Cookie: a=b");
        assert_eq!(OAuthError::invalid_request("x".repeat(70_000)).description().len(), LONGEST_DESCRIPTION);
    }

    /// A-TOK-03: the codes and statuses of RFC 6749 §5.2 and RFC 6750 §3.1.
    #[test]
    fn every_code_has_its_registered_name_and_a_status_of_failure() {
        assert_eq!((ErrorCode::InvalidClient.name(), ErrorCode::InvalidClient.status()), ("invalid_client", 401));
        assert_eq!((ErrorCode::InvalidGrant.name(), ErrorCode::InvalidGrant.status()), ("invalid_grant", 400));
        assert_eq!((ErrorCode::InvalidToken.name(), ErrorCode::InvalidToken.status()), ("invalid_token", 401));
        assert_eq!((ErrorCode::InsufficientScope.name(), ErrorCode::InsufficientScope.status()), ("insufficient_scope", 403));
        let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorCode::ALL.len());
        assert!(ErrorCode::ALL.iter().all(|code| code.status() >= 400));
    }

    /// A-TOK-04: the cause is for the log and stays out of the answer.
    #[test]
    fn the_cause_is_logged_and_not_sent() {
        let error = OAuthError::server_error("try again later").because("disk /var/lib full");
        assert_eq!(serde_json::to_string(&error).unwrap(), r#"{"error":"server_error","error_description":"try again later"}"#);
        assert_eq!(error.to_string(), "server_error: try again later: disk /var/lib full");
    }
}
