//! Which account? Those that are signed in in this browser, the one that it remembers, and another one. Choosing proves nothing anew: it says
//! which session pages and applications are about from now on.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header::SET_COOKIE;

use crate::actions::choosing;
use crate::adapters::templates::pages::{self, ChoosableAccount, ChooseAccount};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::base::id::Sid;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::web::browser::Browser;
use crate::web::client_answer;
use crate::web::cookies;
use crate::web::form::Form;
use crate::web::next;
use crate::web::origin::RequestOrigin;
use crate::web::page::{Pages, person};
use crate::web::remembered::Hint;
use crate::web::session::AllHere;

fn choosable(who: &SessionAndUser, current: Option<&SessionAndUser>) -> ChoosableAccount {
    ChoosableAccount {
        user: person(&who.user),
        account: who.session.sid.to_string(),
        current: current.is_some_and(|current| current.session.id == who.session.id),
    }
}

/// `GET /choose-account[/BOX]`. Where nobody is signed in there is nothing to choose.
pub(super) async fn show(
    State(app): State<App>,
    text: Option<Path<String>>,
    browser: Browser,
    AllHere(here): AllHere,
    Hint(remembered): Hint,
    pages: Pages,
) -> Result<Response, AppError> {
    let text = text.map(|Path(text)| text);
    let waiting = next::waiting(&app, text.as_deref(), &browser).await?;
    if here.is_empty() {
        let request = waiting.map_or_else(String::new, |waiting| format!("?request={}", waiting.request));
        return Ok(Redirect::to(&app.config().issuer.join(&format!("/login{request}"))).into_response());
    }
    // Who is named by an ID token of ours can't be exchanged for somebody else.
    let meant = waiting.as_ref().and_then(|waiting| waiting.presented.meant.as_ref());
    let may = |who: &&SessionAndUser| meant.is_none_or(|meant| meant.is(&app, &who.user));
    let remembered = remembered.filter(|remembered| meant.is_none() && here.iter().all(|who| who.user.email != remembered.email));
    let own = ChooseAccount {
        action: format!("{}/choose-account{}", app.config().issuer.path(), text.map_or_else(String::new, |text| format!("/{text}"))),
        request: waiting.as_ref().map(|waiting| waiting.request.clone()),
        presented: waiting.as_ref().map(|waiting| waiting.presented.by.clone()),
        accounts: here.iter().filter(may).map(|who| choosable(who, here.current())).collect(),
        remembered: remembered.map(|remembered| pages::Remembered { email: remembered.email.to_string(), initials: remembered.initials }),
    };
    pages.show_towards(waiting.and_then(|waiting| waiting.presented.form_target).as_deref(), own)
}

/// `POST /choose-account[/BOX]`: the account was chosen, or the person does not want to go on.
pub(super) async fn choose(
    State(app): State<App>,
    text: Option<Path<String>>,
    browser: Browser,
    AllHere(here): AllHere,
    RequestOrigin(origin): RequestOrigin,
    pages: Pages,
    form: Form,
) -> Result<Response, AppError> {
    let text = text.map(|Path(text)| text);
    let waiting = next::waiting(&app, text.as_deref(), &browser).await?;
    if form.field("decision") == "deny" {
        return match &waiting {
            Some(waiting) => client_answer::cancel(&app, &pages, &waiting.request, browser.digest()).await,
            None => Ok(Redirect::to(&next::address(&app, None)).into_response()),
        };
    }
    let secrets = match choosing::choose(&app, &here, &Sid::from_text(form.field("account")), origin).await {
        Ok(secrets) => secrets,
        // It has ended since the page was shown: the page that follows knows who is left.
        Err(error) if error.kind == Kind::Unauthenticated => {
            let again = text.map_or_else(String::new, |text| format!("/{text}"));
            return Ok(Redirect::to(&app.config().issuer.join(&format!("/choose-account{again}"))).into_response());
        }
        Err(error) => return Err(error),
    };
    let config = app.config();
    let cookie = cookies::set_session(&secrets, config.sessions.absolute, &config.issuer).map_err(AppError::internal)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to(&next::address(&app, waiting.as_ref()))).into_response())
}
