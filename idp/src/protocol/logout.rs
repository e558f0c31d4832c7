//! Signing out at a client's request (OpenID Connect RP-Initiated Logout §2, §3): what it asks, whether the person is asked first, and
//! whether they may be sent on. Nobody is sent on when anything is wrong, and a page elsewhere can't sign anyone out silently.

use crate::base::error::{AppError, Kind};
use crate::base::id::{ClientId, Sid};
use crate::base::secret::SecretString;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::error::OAuthError;
use crate::protocol::params::Params;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::return_address::LONGEST_STATE;

/// What a client asks of the end-session endpoint. `logout_hint` is not read: it names a person without proof.
#[derive(Clone, Debug)]
pub struct LogoutRequest {
    /// An ID token of ours, not verified yet. Personal, so it is not shown.
    pub id_token_hint: Option<SecretString>,
    /// The client it says it is.
    pub client_id: Option<ClientId>,
    /// Where the person should be sent afterwards, in its exact text.
    pub post_logout_redirect_uri: Option<String>,
    /// Echoed to that address.
    pub state: Option<String>,
    /// The languages the client would like pages in.
    pub ui_locales: Option<String>,
}

impl LogoutRequest {
    /// Reads a request. What it refuses is for our own page: nothing is known yet about where it may go.
    pub fn read(params: &Params) -> Result<Self, OAuthError> {
        params.refuse_repeated()?;
        let text = |name: &str| params.get(name).map(str::to_owned);
        let state = text("state");
        if state.as_ref().is_some_and(|state| state.chars().nth(LONGEST_STATE).is_some()) {
            return Err(OAuthError::invalid_request("state is longer than 4096 characters"));
        }
        Ok(Self {
            id_token_hint: params.get("id_token_hint").map(SecretString::from),
            client_id: params.get("client_id").map(ClientId::from_text),
            post_logout_redirect_uri: text("post_logout_redirect_uri"),
            state,
            ui_locales: text("ui_locales"),
        })
    }
}

/// What became of the `id_token_hint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// None was sent.
    Absent,
    /// It is not an ID token of ours, or one that no longer counts.
    Invalid,
    /// It is ours.
    Verified(HintFacts),
}

/// What a verified ID token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HintFacts {
    /// Its `aud`: whom it was given to.
    pub client_id: ClientId,
    /// Its `sid`: the session it comes from.
    pub sid: Sid,
}

impl Hint {
    /// The client to look up: whom the hint was given to, or else the one the request names.
    pub fn client_id<'a>(&'a self, request: &'a LogoutRequest) -> Option<&'a ClientId> {
        match self {
            Self::Verified(facts) => Some(&facts.client_id),
            Self::Absent | Self::Invalid => request.client_id.as_ref(),
        }
    }
}

/// Where the person is sent after signing out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The registered address.
    pub redirect_uri: RedirectUri,
    /// Echoed exactly (A-LO-04).
    pub state: Option<String>,
}

impl Destination {
    /// The address to redirect to.
    pub fn location(&self) -> String {
        let state: Vec<_> = self.state.iter().map(|state| ("state", state)).collect();
        self.redirect_uri.with_params(&state)
    }
}

/// How signing out goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutDecision {
    /// Whether the person has to confirm first. Without a session there is nothing to confirm and nothing to end.
    pub ask: bool,
    /// Where they go afterwards; without one, to our own page.
    pub destination: Option<Destination>,
}

/// Decides about a request. `client` is the live one that [`Hint::client_id`] names, and `session` the one of this browser.
///
/// A refusal is a page of ours: nobody is redirected, and nobody signed out (A-LO-01).
pub fn decide(request: &LogoutRequest, hint: &Hint, client: Option<&ClientMetadata>, session: Option<&Sid>) -> Result<LogoutDecision, AppError> {
    let refused = |code| AppError::new(Kind::Invalid, code);
    if *hint == Hint::Invalid {
        return Err(refused("id_token_hint_invalid"));
    }
    // RP-Initiated Logout §2: a hint that was given to another client than the one named is an error.
    if let (Hint::Verified(facts), Some(named)) = (hint, &request.client_id)
        && facts.client_id != *named
    {
        return Err(refused("id_token_hint_of_another_client"));
    }
    if hint.client_id(request).is_some_and(|named| client.is_none_or(|client| client.client_id != *named)) {
        return Err(refused("client_unknown"));
    }
    let destination = destination(request, client)?;
    Ok(LogoutDecision { ask: session.is_some_and(|session| !is_of_session(hint, session)), destination })
}

/// RP-Initiated Logout §3: exactly a registered address of the client that is known to ask.
fn destination(request: &LogoutRequest, client: Option<&ClientMetadata>) -> Result<Option<Destination>, AppError> {
    let Some(requested) = &request.post_logout_redirect_uri else { return Ok(None) };
    let registered = client.and_then(|client| client.post_logout_redirect_uri(requested));
    let redirect_uri = registered.ok_or_else(|| AppError::new(Kind::Invalid, "post_logout_redirect_uri_not_registered"))?;
    Ok(Some(Destination { redirect_uri, state: request.state.clone() }))
}

/// RP-Initiated Logout §2: only a token of this very session shows that it is the person's own wish (A-LO-02).
fn is_of_session(hint: &Hint, session: &Sid) -> bool {
    matches!(hint, Hint::Verified(facts) if facts.sid == *session)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYE: &str = "https://shop.test/bye?a=1";

    fn shop() -> ClientMetadata {
        let mut shop = ClientMetadata::new(ClientId::from_text("shop"), "Shop");
        shop.post_logout_redirect_uris = vec![RedirectUri::from_text(BYE)];
        shop
    }

    fn read(pairs: &[(&str, &str)]) -> LogoutRequest {
        LogoutRequest::read(&Params::from_pairs(pairs.iter().copied())).unwrap()
    }

    fn hint(client_id: &str, sid: &str) -> Hint {
        Hint::Verified(HintFacts { client_id: ClientId::from_text(client_id), sid: Sid::from_text(sid) })
    }

    fn decided(pairs: &[(&str, &str)], hint: &Hint, session: Option<&str>) -> Result<LogoutDecision, &'static str> {
        let request = read(pairs);
        let client = hint.client_id(&request).filter(|id| id.as_str() == "shop").map(|_| shop());
        decide(&request, hint, client.as_ref(), session.map(Sid::from_text).as_ref()).map_err(|error| error.code)
    }

    /// A-LO-01: sent on only to exactly what is registered, and only when nothing is wrong.
    #[test]
    fn nobody_is_sent_on_when_anything_is_wrong() {
        let sent_to =
            |pairs: &[(&str, &str)], hint: &Hint| decided(pairs, hint, Some("s")).map(|decision| decision.destination.map(|to| to.location()));
        let (named, other, bye) = (("client_id", "shop"), ("client_id", "other"), ("post_logout_redirect_uri", BYE));
        let ours = hint("shop", "s");
        assert_eq!(sent_to(&[bye], &ours), Ok(Some(BYE.to_owned())));
        assert_eq!(sent_to(&[bye, named, ("state", "a&b\r\n")], &ours), Ok(Some(format!("{BYE}&state=a%26b%0D%0A"))));
        assert_eq!(sent_to(&[bye, named], &Hint::Absent), Ok(Some(BYE.to_owned())));
        assert_eq!(sent_to(&[named, ("state", "x")], &ours), Ok(None));
        assert_eq!(sent_to(&[], &Hint::Absent), Ok(None));
        for (pairs, hint, code) in [
            (&[bye][..], &Hint::Absent, "post_logout_redirect_uri_not_registered"),
            (&[bye, other], &ours, "id_token_hint_of_another_client"),
            (&[bye, other], &Hint::Absent, "client_unknown"),
            (&[bye], &hint("other", "s"), "client_unknown"),
            (&[bye, named], &hint("other", "s"), "id_token_hint_of_another_client"),
            (&[bye, named], &Hint::Invalid, "id_token_hint_invalid"),
        ] {
            assert_eq!(sent_to(pairs, hint), Err(code));
        }
        for requested in [
            "https://shop.test/bye",
            "https://shop.test/bye?a=1&b=2",
            "https://shop.test/bye?a=1#",
            "https://shop.test/bye/?a=1",
            "https://SHOP.test/bye?a=1",
            "https://shop.test:443/bye?a=1",
            "https://u@shop.test/bye?a=1",
            "https://shop.test/bye?a=1 ",
            "http://shop.test/bye?a=1",
            "javascript:alert(1)",
        ] {
            assert_eq!(sent_to(&[("post_logout_redirect_uri", requested)], &ours), Err("post_logout_redirect_uri_not_registered"), "{requested}");
        }
    }

    /// A-LO-02: without a hint, or with one of another session, the person is asked.
    #[test]
    fn only_a_hint_of_this_session_signs_out_without_asking() {
        let asked = |hint: &Hint, session| decided(&[], hint, session).map(|decision| decision.ask);
        assert_eq!(asked(&hint("shop", "s"), Some("s")), Ok(false));
        assert_eq!(asked(&hint("shop", "another"), Some("s")), Ok(true));
        assert_eq!(asked(&Hint::Absent, Some("s")), Ok(true));
        assert_eq!(asked(&hint("shop", "s"), None), Ok(false));
        assert_eq!(asked(&Hint::Absent, None), Ok(false));
    }

    /// A-RTM-05: a repeated parameter is refused; and an overlong state.
    #[test]
    fn what_is_repeated_or_too_long_is_refused() {
        let error = |pairs: &[(&str, &str)]| LogoutRequest::read(&Params::from_pairs(pairs.iter().copied())).is_err();
        assert!(error(&[("client_id", "a"), ("client_id", "a")]));
        assert!(error(&[("state", &"x".repeat(4097))]) && !error(&[("state", &"x".repeat(4096))]));
        assert!(!format!("{:?}", read(&[("id_token_hint", "canary")])).contains("canary"));
    }
}
