//! The pushed authorization request endpoint (RFC 9126): the client proves who it is, and everything is judged that `/authorize` would judge.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::actions::pushed_requests::NotPushed;
use crate::actions::{pushed_requests, reading, request_objects};
use crate::app::App;
use crate::oidc::answer::{Refused, json};
use crate::oidc::api_request::{ClientForm, ClientFormToWrite};
use crate::oidc::cors;
use crate::protocol::authorization_request::{redirect_target, requested_address};
use crate::protocol::error::OAuthError;
use crate::web::peer::Peer;

/// RFC 9126 §2.2.
#[derive(Serialize)]
struct Pushed {
    request_uri: String,
    expires_in: u64,
}

/// `POST /par`
pub async fn post(State(app): State<App>, asked: HeaderMap, peer: Peer, form: Result<ClientFormToWrite, Refused>) -> Response {
    let client = form.as_ref().ok().map(|ClientFormToWrite(form)| form.client.clone());
    let outcome = match form {
        // Where nothing was written, the client's proof is spent by itself.
        Ok(ClientFormToWrite(form)) => match (push(&app, peer, &form).await, form.proof.settle(&app).await) {
            (Ok(pushed), settled) => settled.map(|()| pushed).map_err(Refused::from),
            (refused, _) => refused,
        },
        Err(refused) => Err(refused),
    };
    let mut response = outcome.map_or_else(Refused::into_response, |pushed| json(StatusCode::CREATED, &pushed));
    cors::expose(&mut response, &asked, client.as_ref().map(|client| &client.metadata));
    response
}

async fn push(app: &App, Peer(network): Peer, form: &ClientForm) -> Result<Pushed, Refused> {
    // RFC 9126 §2.1: one name does not stand for another (A-PAR-01).
    if form.params.get("request_uri").is_some() || form.params.is_repeated("request_uri") {
        return Err(OAuthError::invalid_request("request_uri can't be pushed").into());
    }
    let object = request_objects::of(app, &form.client, &form.params).await?;
    let params = object.as_ref().unwrap_or(&form.params);
    // What /authorize says on a page of ours is told here: nobody is sent anywhere by this answer.
    let wrong = |_| OAuthError::invalid_request("redirect_uri is missing, or none of those that are registered");
    let redirect_uri = redirect_target(&form.client.metadata, requested_address(params).map_err(wrong)?).map_err(wrong)?;
    let request = reading::judge(app, params, &form.client.metadata, redirect_uri, pushed_requests::lifetime(app))?;
    let secret = pushed_requests::push(app, &request, network, &form.proof).await.map_err(refused)?;
    Ok(Pushed { request_uri: secret.expose(), expires_in: app.config().lifetimes.pushed_request.as_secs() })
}

fn refused(why: NotPushed) -> Refused {
    match why {
        NotPushed::Here(error) => error.into(),
        NotPushed::Refused(error) => error.into(),
    }
}
