//! Signing out at a client's request (RP-Initiated Logout §2): reads the hint, decides, and keeps the request while the person is asked.
//! Ending the session is `sessions::end`, whoever asks.

use serde::{Deserialize, Serialize};

use crate::actions::authorization_requests::present;
use crate::actions::everybody::Everybody;
use crate::adapters::jose::verify_own_token;
use crate::adapters::templates::pages::Presented;
use crate::app::App;
use crate::base::digest::Digest;
use crate::base::error::AppError;
use crate::base::id::{ClientId, Sid};
use crate::base::sealed::{Fact, binding};
use crate::base::secret::ExposeSecret as _;
use crate::base::single_use::SingleUseId;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::logout::{self, Destination, Hint, HintFacts, LogoutDecision, LogoutRequest};
use crate::store::reads::session_and_user::SessionAndUser;

/// A request to sign out whose hint was verified: what is left of it is decided as often as it takes, and carries no token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The client it named.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    client_id: Option<ClientId>,
    /// Whom the hint was given to, and its session.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    hint: Option<(ClientId, Sid)>,
    /// Where the person should be sent.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    post_logout_redirect_uri: Option<String>,
    /// Echoed there.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
}

impl Fact for Asked {
    const PREFIX: &'static str = "wlo_";
}

/// The same from a POST of another site, which comes without cookies; the GET that follows finds out which browser it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unbound(Asked);

impl Fact for Unbound {
    const PREFIX: &'static str = "wlu_";
}

/// How a request goes on, and who asks.
#[derive(Debug)]
pub struct Decision {
    /// Whether the person is asked first.
    pub ask: bool,
    /// Where they go afterwards.
    pub destination: Option<Destination>,
    /// The client, for the page to say.
    pub presented: Option<Presented>,
}

/// Verifies the hint of a request. One that is not an ID token of ours is a refusal on our own page (A-LO-01).
pub fn verify(app: &App, request: LogoutRequest) -> Result<Asked, AppError> {
    let hint = match &request.id_token_hint {
        None => Hint::Absent,
        Some(token) => match verify_own_token(token.expose_secret(), app.view().rings.signing.published(), &app.config().issuer) {
            // One without `sid` belongs to no session here, and the person is asked.
            Ok(facts) => Hint::Verified(HintFacts { client_id: facts.client_id, sid: facts.sid.unwrap_or_else(|| Sid::from_text("")) }),
            Err(error) => {
                tracing::info!(%error, "an id_token_hint was refused");
                Hint::Invalid
            }
        },
    };
    // Refused now, so that nothing that is wrong is kept.
    judge(app, &request, &hint, None)?;
    let hint = match hint {
        Hint::Verified(facts) => Some((facts.client_id, facts.sid)),
        Hint::Absent | Hint::Invalid => None,
    };
    let LogoutRequest { client_id, post_logout_redirect_uri, state, .. } = request;
    Ok(Asked { client_id, hint, post_logout_redirect_uri, state })
}

/// Who is to be signed out, of those that are here: the session that the hint comes from, or else the current one.
pub fn whose<'h>(asked: &Asked, here: &'h Everybody) -> Option<&'h SessionAndUser> {
    asked.hint.as_ref().and_then(|(_, sid)| here.named(sid)).or_else(|| here.current())
}

/// Decides how a request goes on in a browser with this session, or none.
pub fn decide(app: &App, asked: &Asked, session: Option<&Sid>) -> Result<Decision, AppError> {
    let request = LogoutRequest {
        id_token_hint: None,
        client_id: asked.client_id.clone(),
        post_logout_redirect_uri: asked.post_logout_redirect_uri.clone(),
        state: asked.state.clone(),
        ui_locales: None,
    };
    let hint = match asked.hint.clone() {
        Some((client_id, sid)) => Hint::Verified(HintFacts { client_id, sid }),
        None => Hint::Absent,
    };
    let LogoutDecision { ask, destination } = judge(app, &request, &hint, session)?;
    let view = app.view();
    let presented = hint.client_id(&request).and_then(|id| view.client(id)).map(|client| present(client, &app.config().issuer));
    Ok(Decision { ask, destination, presented })
}

fn judge(app: &App, request: &LogoutRequest, hint: &Hint, session: Option<&Sid>) -> Result<LogoutDecision, AppError> {
    let view = app.view();
    let client = hint.client_id(request).and_then(|id| view.client(id)).filter(|client| client.is_enabled());
    let client: Option<&ClientMetadata> = client.map(|client| &client.metadata);
    logout::decide(request, hint, client, session)
}

/// Keeps a request for this browser while its person is asked: the text for a hidden field.
pub fn keep(app: &App, asked: &Asked, browser: Digest) -> Result<String, AppError> {
    app.view().rings.sealer.seal(new_id(app), asked, &binding(&[browser.as_bytes()])).map_err(AppError::internal)
}

/// Reads back what [`keep`] kept; `None` for anything else, for signing out needs no destination.
pub async fn read(app: &App, text: &str, browser: Digest) -> Option<Asked> {
    app.open_box(text, &binding(&[browser.as_bytes()])).await.ok().map(|(_, asked)| asked)
}

/// Keeps a request for whichever browser comes next.
pub fn keep_unbound(app: &App, asked: Asked) -> Result<String, AppError> {
    app.view().rings.sealer.seal(new_id(app), &Unbound(asked), b"").map_err(AppError::internal)
}

/// Reads back what [`keep_unbound`] kept; `None` when it is over or not ours.
pub async fn read_unbound(app: &App, text: &str) -> Option<Asked> {
    app.open_box(text, b"").await.ok().map(|(_, Unbound(asked))| asked)
}

fn new_id(app: &App) -> SingleUseId {
    SingleUseId::new(app.now().plus(app.config().lifetimes.authorization_request))
}
