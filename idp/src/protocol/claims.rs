//! What is said about a person: their claims (OpenID Connect Core §5.1), and how they proved who they are
//! (`acr` and `amr`, §2). Userinfo and ID token take their claims from here, so that they always agree.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base::clock::Time;
use crate::base::email::Email;
use crate::base::id::Subject;
use crate::protocol::claim_names::{ClaimName, ClaimNames};
use crate::protocol::profile::{Address, Profile};
use crate::protocol::registered_word::{UnknownWord, registered_words};
use crate::protocol::time_zone::TimeZone;

/// What is known about a person that claims are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonFacts {
    /// The name they go by.
    pub name: Option<String>,
    /// What else they say about themselves.
    pub profile: Profile,
    /// Their time zone.
    pub zoneinfo: Option<TimeZone>,
    /// When what their profile says last changed.
    pub updated_at: Option<Time>,
    /// Their email address.
    pub email: Email,
    /// Whether the address is known to be theirs.
    pub email_verified: bool,
}

/// The standard claims (OpenID Connect Core §5.1). What is not known or not asked for is left out, never null.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StandardClaims {
    /// Full name, for display.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What else they say about themselves, `phone_number` included; the address is told below, with all of its members.
    #[serde(flatten)]
    pub profile: Profile,
    /// Their time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<TimeZone>,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<i64>,
    /// Email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the address is known to be theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// Beside a telephone number. Nobody has called it, so it is never true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
    /// Where they get letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressClaim>,
}

/// The claim `address` (OpenID Connect Core §5.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddressClaim {
    /// All of it, line by line.
    pub formatted: String,
    /// Its parts.
    #[serde(flatten)]
    pub parts: Address,
}

impl StandardClaims {
    /// These claims about a person, as far as they are known, and no other.
    pub fn told(person: &PersonFacts, names: &ClaimNames) -> Self {
        fn if_asked<T: Clone>(asked: bool, known: Option<&T>) -> Option<T> {
            known.filter(|_| asked).cloned()
        }
        let is_asked = |claim: ClaimName| names.contains(claim);
        let known = &person.profile;
        let address = known.address.formatted().filter(|_| is_asked(ClaimName::Address));
        Self {
            name: if_asked(is_asked(ClaimName::Name), person.name.as_ref()),
            profile: Profile {
                given_name: if_asked(is_asked(ClaimName::GivenName), known.given_name.as_ref()),
                family_name: if_asked(is_asked(ClaimName::FamilyName), known.family_name.as_ref()),
                middle_name: if_asked(is_asked(ClaimName::MiddleName), known.middle_name.as_ref()),
                nickname: if_asked(is_asked(ClaimName::Nickname), known.nickname.as_ref()),
                preferred_username: if_asked(is_asked(ClaimName::PreferredUsername), known.preferred_username.as_ref()),
                profile: if_asked(is_asked(ClaimName::Profile), known.profile.as_ref()),
                picture: if_asked(is_asked(ClaimName::Picture), known.picture.as_ref()),
                website: if_asked(is_asked(ClaimName::Website), known.website.as_ref()),
                gender: if_asked(is_asked(ClaimName::Gender), known.gender.as_ref()),
                birthdate: if_asked(is_asked(ClaimName::Birthdate), known.birthdate.as_ref()),
                locale: if_asked(is_asked(ClaimName::Locale), known.locale.as_ref()),
                phone_number: if_asked(is_asked(ClaimName::PhoneNumber), known.phone_number.as_ref()),
                address: Address::default(),
            },
            zoneinfo: if_asked(is_asked(ClaimName::Zoneinfo), person.zoneinfo.as_ref()),
            updated_at: person.updated_at.map(Time::seconds).filter(|_| is_asked(ClaimName::UpdatedAt)),
            email: is_asked(ClaimName::Email).then(|| person.email.to_string()),
            email_verified: is_asked(ClaimName::EmailVerified).then_some(person.email_verified),
            phone_number_verified: (is_asked(ClaimName::PhoneNumberVerified) && known.phone_number.is_some()).then_some(false),
            address: address.map(|formatted| AddressClaim { formatted, parts: known.address.clone() }),
        }
    }
}

/// The answer of the userinfo endpoint (OpenID Connect Core §5.3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    /// Who it is about; always there.
    pub sub: Subject,
    /// What the scope gives, and what was asked for one by one.
    #[serde(flatten)]
    pub claims: StandardClaims,
}

registered_words! {
    /// `acr`: how strong a sign-in was (OpenID Connect Core §2), from weak to strong. The last two are the names of the
    /// OpenID Connect Extended Authentication Profile.
    Acr {
        /// A password alone.
        Password = "password",
        /// A password and a one-time code.
        PasswordOtp = "password+otp",
        /// Phishing-resistant: a passkey.
        Phr = "phr",
        /// Phishing-resistant, with a key that does not leave its device.
        Phrh = "phrh",
    }
}

impl Acr {
    /// What signing in with a passkey is worth. One that may be copied to other devices is never hardware (B-AUTH-07).
    pub const fn of_passkey(may_be_copied: bool) -> Self {
        if may_be_copied { Self::Phr } else { Self::Phrh }
    }
}

registered_words! {
    /// One way of proving who one is (RFC 8176 §2).
    AuthenticationMethod {
        /// A key kept in hardware.
        Hwk = "hwk",
        /// A key kept by software, such as one that is synchronised.
        Swk = "swk",
        /// The person was there and did something.
        User = "user",
        /// More than one factor.
        Mfa = "mfa",
        /// A password.
        Pwd = "pwd",
        /// A one-time password.
        Otp = "otp",
    }
}

/// `amr`: the ways a person proved who they are, each once (OpenID Connect Core §2). Text form: the words with spaces between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amr(Vec<AuthenticationMethod>);

impl Amr {
    /// These ways, in this order.
    pub fn of(methods: &[AuthenticationMethod]) -> Self {
        let mut amr = Self(Vec::with_capacity(methods.len()));
        for method in methods {
            if !amr.0.contains(method) {
                amr.0.push(*method);
            }
        }
        amr
    }

    /// Whether this is one of them.
    pub fn contains(&self, method: AuthenticationMethod) -> bool {
        self.0.contains(&method)
    }

    /// A passkey whose owner was verified: something one has and something one knows or is (B-AUTH-07).
    pub fn of_passkey(may_be_copied: bool) -> Self {
        let key = if may_be_copied { AuthenticationMethod::Swk } else { AuthenticationMethod::Hwk };
        Self::of(&[key, AuthenticationMethod::User, AuthenticationMethod::Mfa])
    }

    /// Its ways in order.
    pub fn methods(&self) -> &[AuthenticationMethod] {
        &self.0
    }
}

impl fmt::Display for Amr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.iter().map(|method| method.name()).collect::<Vec<_>>().join(" "))
    }
}

impl FromStr for Amr {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let methods = text.split(' ').filter(|word| !word.is_empty()).map(str::parse).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::of(&methods))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::claim_values::{Birthdate, LanguageTag, Line, PhoneNumber, PreferredUsername, WebAddress};
    use crate::protocol::scope::Scope;

    fn alice() -> PersonFacts {
        PersonFacts {
            name: Some("Alice".into()),
            profile: Profile::default(),
            zoneinfo: None,
            updated_at: Some(Time::from_millis(1_764_000_000_999)),
            email: Email::parse("alice@example.com").unwrap(),
            email_verified: true,
        }
    }

    fn told(person: &PersonFacts, scope: &str) -> String {
        let claims = StandardClaims::told(person, &ClaimNames::of_scope(&Scope::parse(scope).unwrap()));
        serde_json::to_string(&UserInfo { sub: Subject::from_text("s"), claims }).unwrap()
    }

    /// OpenID Connect Core §5.4: each scope gives its claims and no other; what is not known is left out.
    #[test]
    fn each_scope_gives_its_claims() {
        let nameless = PersonFacts { name: None, updated_at: None, email_verified: false, ..alice() };
        for (person, scope, expected) in [
            (&alice(), "openid", r#"{"sub":"s"}"#),
            (&alice(), "openid profile", r#"{"sub":"s","name":"Alice","updated_at":1764000000}"#),
            (&alice(), "openid email", r#"{"sub":"s","email":"alice@example.com","email_verified":true}"#),
            (&nameless, "openid profile email", r#"{"sub":"s","email":"alice@example.com","email_verified":false}"#),
            (&alice(), "openid phone address", r#"{"sub":"s"}"#),
        ] {
            assert_eq!(told(person, scope), expected, "{scope}");
        }
    }

    /// OpenID Connect Core §5.5: claims are told one by one as well.
    #[test]
    fn single_claims_are_told() {
        let names = [ClaimName::EmailVerified, ClaimName::Name, ClaimName::PhoneNumberVerified, ClaimName::Birthdate].into_iter().collect();
        let told = serde_json::to_string(&StandardClaims::told(&alice(), &names)).unwrap();
        assert_eq!(told, r#"{"name":"Alice","email_verified":true}"#);
    }

    /// OpenID Connect Core §5.1, §5.1.1, §5.4: everything that can be told, each under the scope it belongs to.
    #[test]
    fn a_full_profile_is_told_in_three_parts() {
        let line = Line::parse;
        let alice = PersonFacts {
            profile: Profile {
                given_name: line("Alice"),
                family_name: line("Example"),
                middle_name: line("M."),
                nickname: line("Al"),
                preferred_username: PreferredUsername::parse("alice"),
                profile: WebAddress::parse("https://alice.example/me"),
                picture: WebAddress::parse("https://alice.example/me.png"),
                website: WebAddress::parse("https://alice.example"),
                gender: line("female"),
                birthdate: Birthdate::parse("0000-02-29", Time::from_seconds(1_764_000_000)),
                locale: LanguageTag::parse("de-AT"),
                phone_number: PhoneNumber::parse("+43 1 2345678"),
                address: Address { locality: line("Wien"), country: line("Austria"), ..Address::default() },
            },
            zoneinfo: TimeZone::parse("Europe/Vienna"),
            ..alice()
        };
        let profile = concat!(
            r#"{"sub":"s","name":"Alice","given_name":"Alice","family_name":"Example","middle_name":"M.","nickname":"Al","preferred_username":"alice","#,
            r#""profile":"https://alice.example/me","picture":"https://alice.example/me.png","website":"https://alice.example/","gender":"female","#,
            r#""birthdate":"0000-02-29","locale":"de-AT","zoneinfo":"Europe/Vienna","updated_at":1764000000}"#
        );
        assert_eq!(told(&alice, "openid profile"), profile);
        assert_eq!(told(&alice, "openid phone"), r#"{"sub":"s","phone_number":"+4312345678","phone_number_verified":false}"#);
        let address = r#"{"sub":"s","address":{"formatted":"Wien\nAustria","locality":"Wien","country":"Austria"}}"#;
        assert_eq!(told(&alice, "openid address"), address);
    }

    /// A-TOK-13: claims about a person have a closed list of names, and none of them is one that the protocol speaks by.
    #[test]
    fn no_claim_about_a_person_is_called_like_one_of_the_protocol() {
        let line = Line::parse;
        let address = AddressClaim { formatted: "x".to_owned(), parts: Address { locality: line("x"), ..Address::default() } };
        let profile = Profile {
            given_name: line("x"),
            family_name: line("x"),
            middle_name: line("x"),
            nickname: line("x"),
            preferred_username: PreferredUsername::parse("sub"),
            profile: WebAddress::parse("https://a.example"),
            picture: WebAddress::parse("https://a.example"),
            website: WebAddress::parse("https://a.example"),
            gender: line("x"),
            birthdate: Birthdate::parse("2000-01-01", Time::from_seconds(1_764_000_000)),
            locale: LanguageTag::parse("de"),
            phone_number: PhoneNumber::parse("+43 1 2345678"),
            address: Address { locality: line("x"), ..Address::default() },
        };
        let facts = PersonFacts { profile, zoneinfo: TimeZone::parse("Europe/Vienna"), ..alice() };
        let mut claims = StandardClaims::told(&facts, &ClaimNames::of_scope(&Scope::parse("openid profile email phone address").unwrap()));
        claims.address = Some(address);
        let told = serde_json::to_value(&claims).unwrap();
        let names: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(names.len() >= 19, "{names:?}");
        for reserved in [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "nbf",
            "jti",
            "nonce",
            "auth_time",
            "acr",
            "amr",
            "azp",
            "at_hash",
            "c_hash",
            "sid",
            "cnf",
            "scope",
            "client_id",
            "grant",
            "events",
            "roles",
            "groups",
        ] {
            assert!(!names.contains(&reserved), "{reserved}");
        }
    }

    /// B-AUTH-07: hardware is never claimed for a passkey that may be copied.
    #[test]
    fn a_passkey_is_worth_what_it_is() {
        assert_eq!(Amr::of_passkey(true).to_string(), "swk user mfa");
        assert_eq!(Amr::of_passkey(false).to_string(), "hwk user mfa");
        assert_eq!((Acr::of_passkey(true), Acr::of_passkey(false)), (Acr::Phr, Acr::Phrh));
        assert!(Acr::ALL.is_sorted() && Acr::Password < Acr::PasswordOtp && Acr::PasswordOtp < Acr::Phr && Acr::Phr < Acr::Phrh);
    }

    #[test]
    fn words_are_stored_and_read_back() {
        assert_eq!(serde_json::to_string(&Amr::of_passkey(true)).unwrap(), r#"["swk","user","mfa"]"#);
        assert_eq!("hwk user mfa".parse(), Ok(Amr::of_passkey(false)));
        assert!("hwk sms".parse::<Amr>().is_err());
        for acr in Acr::ALL {
            assert_eq!(acr.to_string().parse(), Ok(acr));
            assert_eq!(serde_json::to_string(&acr).unwrap(), format!("\"{acr}\""));
        }
    }
}
