//! What can go wrong here, in words for the person in front of it. Nothing of a token, a code or a secret gets into them.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::cli::demo::relying_party::refusal::Refusal;

/// Why there is no page to show but this.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The provider does not answer, or not as one.
    Unreachable(String),
    /// The provider says no.
    Refused(Refusal),
    /// What the provider says does not hold: the reason.
    Unconvincing(String),
    /// What came to the redirect URI is no authorization response.
    Malformed(&'static str),
    /// No sign-in of this browser has that state.
    NotBegunHere,
    /// Somebody else answers, or wants us to sign in elsewhere.
    OtherIssuer,
    /// A form without the token of this browser.
    Forged,
    /// No such page.
    NotFound,
    /// The page exists, but not for this method.
    MethodNotAllowed,
    /// Our own fault.
    Internal,
}

impl Trouble {
    /// The status of the page. A provider's "no" is an answer like another: the page that shows it is fine.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Refused(_) => StatusCode::OK,
            Self::Unreachable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unconvincing(_) => StatusCode::BAD_GATEWAY,
            Self::Malformed(_) | Self::NotBegunHere | Self::OtherIssuer => StatusCode::BAD_REQUEST,
            Self::Forged => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Title, explanation, and the words of the provider where there are any.
    pub(super) fn words(&self) -> Value {
        let (title, detail) = match self {
            Self::Unreachable(_) => (
                "WeftID does not answer yet",
                "This application asked WeftID for its metadata and keys and got no usable answer. If it has only just been started, try again in a moment.",
            ),
            Self::Refused(refusal) => refused(&refusal.code),
            Self::Unconvincing(_) => {
                ("What came back does not hold", "Something WeftID sent failed a check, so this application signs nobody in with it.")
            }
            Self::Malformed(_) => (
                "That is no answer to a sign-in",
                "The address this browser was sent to does not hold what a provider sends. Nothing has happened; begin again.",
            ),
            Self::NotBegunHere => (
                "This sign-in was not begun here",
                "It has been used already, took longer than ten minutes, or was begun in another browser or under another address of this site. Nothing has happened; begin again.",
            ),
            Self::OtherIssuer => (
                "Somebody else answers",
                "This application trusts one provider only, and the request names another one or none. Nothing has happened.",
            ),
            Self::Forged => (
                "This form is not from here",
                "The page it was sent from is out of date or belongs to another site. Nothing has happened; go back and try once more.",
            ),
            Self::NotFound => ("There is nothing here", "The address leads to none of the demo's pages."),
            Self::MethodNotAllowed => ("Not this way", "The address exists, but it is used by the buttons on the demo's pages."),
            Self::Internal => ("Something broke in the demo", "The demo's log says more."),
        };
        let (code, said) = match self {
            Self::Refused(refusal) => (Some(refusal.code.as_str()), refusal.description.as_deref()),
            Self::Unreachable(reason) | Self::Unconvincing(reason) => (None, Some(reason.as_str())),
            Self::Malformed(reason) => (None, Some(*reason)),
            _ => (None, None),
        };
        json!({"title": title, "detail": detail, "code": code, "said": said})
    }
}

/// RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6, RFC 6749 §5.2.
fn refused(code: &str) -> (&'static str, &'static str) {
    match code {
        "access_denied" => {
            ("You did not sign in", "At WeftID somebody chose not to go on. That is fine; this application has learned nothing about you.")
        }
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            ("WeftID needs you for this", "It could not sign you in without asking something. Sign in with the button below.")
        }
        "temporarily_unavailable" | "server_error" => ("WeftID can't do this right now", "Try again in a moment."),
        "invalid_grant" => (
            "What this application holds has ended",
            "WeftID no longer honours the code or the refresh token: it was used before, has expired, or you signed out or revoked this application there. Sign in again.",
        ),
        "invalid_token" => ("The access token has ended", "WeftID no longer honours it. Refresh, or sign in again."),
        "invalid_client" => (
            "WeftID does not know this application",
            "The client id or secret that the demo was started with is not the one WeftID has. Restart the demo.",
        ),
        _ => ("WeftID says no", "It answered with an error instead of what this application asked for."),
    }
}
