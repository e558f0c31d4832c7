//! The profile: what a person says about themselves to the applications they allow, and how they want our pages.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;

use crate::actions::person_name::PersonName;
use crate::actions::profile;
use crate::adapters::templates::pages::{self, Choice};
use crate::app::App;
use crate::base::clock::Time;
use crate::base::error::AppError;
use crate::protocol::claim_values::{Birthdate, LanguageTag, Line, PhoneNumber, PreferredUsername, StreetAddress, WebAddress};
use crate::protocol::profile::{Address, Profile};
use crate::protocol::time_zone::TimeZone;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::user::Said;
use crate::web::form::Form;
use crate::web::origin::RequestOrigin;
use crate::web::page::Pages;
use crate::web::session::Session;

/// Where it is.
pub(super) const PLACE: &str = "/account/profile";

/// Every field, in the order of the page, with the group that folds it away; the first and the last ones are always seen.
const FIELDS: [(&str, &str); 21] = [
    ("name", ""),
    ("preferred_username", ""),
    ("nickname", "names"),
    ("given_name", "names"),
    ("middle_name", "names"),
    ("family_name", "names"),
    ("gender", "about"),
    ("birthdate", "about"),
    ("locale", "about"),
    ("profile", "about"),
    ("picture", "about"),
    ("website", "about"),
    ("phone_number", "reach"),
    ("street_address", "reach"),
    ("postal_code", "reach"),
    ("locality", "reach"),
    ("region", "reach"),
    ("country", "reach"),
    ("language", ""),
    ("time_zone", ""),
    ("theme", ""),
];

/// The query of the page: what was just done, to be said once more in words. It changes nothing.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    saved: Option<String>,
}

/// What stands in the fields of somebody who said this.
fn values(said: &Said) -> BTreeMap<&'static str, String> {
    let Said { name, profile, language, time_zone, theme } = said;
    let text = |value: Option<&dyn ToString>| value.map(ToString::to_string).unwrap_or_default();
    macro_rules! text {
        ($value:expr) => {
            text($value.as_ref().map(|value| value as &dyn ToString))
        };
    }
    let Address { street_address, postal_code, locality, region, country } = &profile.address;
    BTreeMap::from([
        ("name", name.clone()),
        ("preferred_username", text!(profile.preferred_username)),
        ("nickname", text!(profile.nickname)),
        ("given_name", text!(profile.given_name)),
        ("middle_name", text!(profile.middle_name)),
        ("family_name", text!(profile.family_name)),
        ("gender", text!(profile.gender)),
        ("birthdate", text!(profile.birthdate)),
        ("locale", text!(profile.locale)),
        ("profile", text!(profile.profile)),
        ("picture", text!(profile.picture)),
        ("website", text!(profile.website)),
        ("phone_number", text!(profile.phone_number)),
        ("street_address", text!(street_address)),
        ("postal_code", text!(postal_code)),
        ("locality", text!(locality)),
        ("region", text!(region)),
        ("country", text!(country)),
        ("language", text!(language)),
        ("time_zone", text!(time_zone)),
        ("theme", text!(theme)),
    ])
}

/// Reads the fields of a form, and notes those that can't be kept.
struct Reading<'f> {
    form: &'f Form,
    wrong: Vec<&'static str>,
}

impl Reading<'_> {
    fn optional<T>(&mut self, field: &'static str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let typed = self.form.field(field);
        if typed.trim().is_empty() {
            return None;
        }
        let value = parse(typed);
        if value.is_none() {
            self.wrong.push(field);
        }
        value
    }

    fn profile(&mut self, now: Time) -> Profile {
        Profile {
            preferred_username: self.optional("preferred_username", PreferredUsername::parse),
            nickname: self.optional("nickname", Line::parse),
            given_name: self.optional("given_name", Line::parse),
            middle_name: self.optional("middle_name", Line::parse),
            family_name: self.optional("family_name", Line::parse),
            gender: self.optional("gender", Line::parse),
            birthdate: self.optional("birthdate", |typed| Birthdate::parse(typed, now)),
            locale: self.optional("locale", LanguageTag::parse),
            profile: self.optional("profile", WebAddress::parse),
            picture: self.optional("picture", WebAddress::parse),
            website: self.optional("website", WebAddress::parse),
            phone_number: self.optional("phone_number", PhoneNumber::parse),
            address: Address {
                street_address: self.optional("street_address", StreetAddress::parse),
                postal_code: self.optional("postal_code", Line::parse),
                locality: self.optional("locality", Line::parse),
                region: self.optional("region", Line::parse),
                country: self.optional("country", Line::parse),
            },
        }
    }

    /// All of it; `None` if anything can't be kept.
    fn said(&mut self, app: &App) -> Option<Said> {
        let name = PersonName::parse(self.form.field("name"));
        if name.is_none() {
            self.wrong.push("name");
        }
        let ours = app.templates().languages();
        let profile = self.profile(app.now());
        let language = self.optional("language", |typed| LanguageTag::parse(typed).filter(|tag| ours.iter().any(|(lang, _)| lang == tag.as_str())));
        let time_zone = self.optional("time_zone", TimeZone::parse);
        let theme = self.optional("theme", |typed| typed.parse().ok());
        let name = name.filter(|_| self.wrong.is_empty())?.as_str().to_owned();
        Some(Said { name, profile, language, time_zone, theme })
    }
}

fn page(app: &App, pages: &Pages, here: &SessionAndUser, values: BTreeMap<&'static str, String>, wrong: Vec<&'static str>) -> pages::Profile {
    let holds_something = |field: &str| wrong.contains(&field) || values.get(field).is_some_and(|value| !value.is_empty());
    let open =
        ["names", "about", "reach"].into_iter().filter(|group| FIELDS.iter().any(|(field, of)| of == group && holds_something(field))).collect();
    pages::Profile {
        house: pages.house(&here.user, "profile"),
        email: here.user.email.to_string(),
        email_url: app.config().issuer.join("/account/email"),
        open,
        languages: app.templates().languages().into_iter().map(|(value, label)| Choice { value, label }).collect(),
        saved: false,
        values,
        wrong,
    }
}

/// `GET /account/profile`
pub(super) async fn show(State(app): State<App>, Session(here): Session, Query(asked): Query<Asked>, pages: Pages) -> Result<Response, AppError> {
    let own = page(&app, &pages, &here, values(&Said::of(&here.user)), Vec::new());
    pages.show(pages::Profile { saved: asked.saved.is_some(), ..own })
}

/// `POST /account/profile`: all of it, or nothing and what was wrong.
pub(super) async fn save(
    State(app): State<App>,
    Session(here): Session,
    RequestOrigin(origin): RequestOrigin,
    pages: Pages,
    form: Form,
) -> Result<Response, AppError> {
    let mut reading = Reading { form: &form, wrong: Vec::new() };
    if let Some(said) = reading.said(&app) {
        profile::say(&app, &here, said, &origin).await?;
        return Ok(Redirect::to(&format!("{}?saved", app.config().issuer.join(PLACE))).into_response());
    }
    let noted = reading.wrong;
    let wrong = FIELDS.into_iter().map(|(field, _)| field).filter(|field| noted.contains(field)).collect();
    let typed = FIELDS.into_iter().map(|(field, _)| (field, form.field(field).to_owned())).collect();
    Ok((StatusCode::BAD_REQUEST, pages.show(page(&app, &pages, &here, typed, wrong))?).into_response())
}
