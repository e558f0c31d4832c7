//! Samples of the pages on which a person says who they are.

use std::collections::BTreeMap;

use super::{Sample, house, sample};
use crate::adapters::templates::pages::{Choice, Profile};

const FIELDS: [&str; 21] = [
    "name",
    "preferred_username",
    "nickname",
    "given_name",
    "middle_name",
    "family_name",
    "gender",
    "birthdate",
    "locale",
    "profile",
    "picture",
    "website",
    "phone_number",
    "street_address",
    "postal_code",
    "locality",
    "region",
    "country",
    "language",
    "time_zone",
    "theme",
];

pub(super) fn samples() -> Vec<Sample> {
    let values = |said: &[(&'static str, &str)]| {
        let mut values: BTreeMap<&'static str, String> = FIELDS.into_iter().map(|field| (field, String::new())).collect();
        values.extend(said.iter().map(|(field, value)| (*field, (*value).to_owned())));
        values
    };
    let choice = |value: &str, label: &str| Choice { value: value.into(), label: label.into() };
    let plain = Profile {
        house: house("profile"),
        email: "alice@northwind.example".into(),
        email_url: "/account/email".into(),
        values: values(&[("name", "Alice Example")]),
        wrong: vec![],
        open: vec![],
        languages: vec![choice("de", "Deutsch"), choice("en", "English")],
        saved: false,
    };
    let full = values(&[
        ("name", "Alice Example"),
        ("preferred_username", "alice"),
        ("given_name", "Alice"),
        ("family_name", "Example"),
        ("birthdate", "1990-02-03"),
        ("website", "https://alice.example/"),
        ("phone_number", "+4312345678"),
        ("street_address", "Hof 1\nStiege 2"),
        ("postal_code", "1010"),
        ("locality", "Wien"),
        ("country", "Austria"),
        ("language", "de"),
        ("time_zone", "Europe/Vienna"),
        ("theme", "dark"),
    ]);
    vec![
        sample("saved", Profile { values: full, open: vec!["names", "about", "reach"], saved: true, ..plain.clone() }),
        sample(
            "wrong",
            Profile {
                values: values(&[("name", ""), ("website", "alice.example"), ("phone_number", "01 234"), ("time_zone", "Vienna")]),
                wrong: vec!["name", "website", "phone_number", "time_zone"],
                open: vec!["about", "reach"],
                ..plain.clone()
            },
        ),
        sample("plain", plain),
    ]
}
