//! totp-rs and qrcode: the secret of an authenticator app, the codes it gives (RFC 6238: HMAC-SHA-1, 6 digits, steps of 30 seconds), and the
//! picture by which an app learns it. SHA-1, because many apps ignore every other algorithm and silently use it.
//!
//! Knows neither the time nor who asks. Which step was used before is not its business: RFC 6238 §5.2 is kept by `actions::totp`.

use std::fmt;
use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};
use serde::{Deserialize, Serialize};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use totp_rs::{Builder, Secret, Totp, TotpError};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::base::clock::Time;
use crate::base::{base64url, random};

/// Seconds of a step (RFC 6238 §4.1).
const STEP: i64 = 30;
/// How many steps a clock may be off, to either side (RFC 6238 §5.2 recommends one).
const DRIFT: i64 = 1;
/// Bytes of a secret: 160 bits (RFC 4226 §4).
const LENGTH: usize = 20;
/// White modules around a QR code (ISO/IEC 18004 asks for four).
const QUIET_ZONE: usize = 4;

/// Why an app can't be shown its secret.
#[derive(Debug, thiserror::Error)]
pub enum NoSetUp {
    /// The names don't fit into an address.
    #[error(transparent)]
    Address(#[from] TotpError),
    /// The address doesn't fit into a picture.
    #[error(transparent)]
    Picture(#[from] qrcode::types::QrError),
}

/// What a person typed as a code, once it is exactly six ASCII digits.
#[derive(Clone, ZeroizeOnDrop)]
pub struct TotpCode(String);

impl TotpCode {
    /// The code that was typed: spaces may stand anywhere and one hyphen between digits, as apps show and people write codes; the rest is six
    /// ASCII digits (C-TOTP-03). Anything else is no code, and is never judged.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut digits = String::new();
        let mut hyphens = 0;
        for letter in typed.chars() {
            match letter {
                ' ' => {}
                '-' if hyphens == 0 && !digits.is_empty() => hyphens += 1,
                '0'..='9' if digits.len() < 6 => digits.push(letter),
                _ => return None,
            }
        }
        (digits.len() == 6 && !typed.trim_end_matches(' ').ends_with('-')).then_some(Self(digits))
    }
}

impl fmt::Debug for TotpCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TotpCode(redacted)")
    }
}

/// The secret that a person's app and we share.
#[derive(Clone, ZeroizeOnDrop)]
pub struct TotpSecret([u8; LENGTH]);

impl TotpSecret {
    /// A new one (C-TOTP-04).
    pub fn random() -> Self {
        Self(random::bytes())
    }

    /// The secret that these bytes are; `None` if there are too few or too many.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its bytes. Call it only to seal them.
    pub const fn expose(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// How a person types it into an app: base 32 (RFC 4648 §6) in groups of four.
    pub fn groups(&self) -> Zeroizing<String> {
        let text = Zeroizing::new(Secret::new_stack(self.0).to_base32());
        let mut grouped = Zeroizing::new(String::with_capacity(text.len() + text.len() / 4));
        for (place, letter) in text.chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                grouped.push(' ');
            }
            grouped.push(letter);
        }
        grouped
    }

    /// The address by which an app takes it over, naming house and account. A colon would end the name of the house.
    fn address(&self, house: &str, account: &str) -> Result<Zeroizing<String>, TotpError> {
        let [house, account] = [house, account].map(|name| name.replace(':', " "));
        let totp = self.builder().with_issuer(Some(house)).with_account_name(account).build()?;
        totp.to_url().map(Zeroizing::new)
    }

    /// The same address as a picture, to be pointed a camera at.
    ///
    /// # Errors
    /// If the names are too long for one.
    pub fn picture(&self, house: &str, account: &str) -> Result<QrPicture, NoSetUp> {
        let address = self.address(house, account)?;
        Ok(QrPicture::of(&QrCode::with_error_correction_level(address.as_bytes(), EcLevel::M)?))
    }

    /// The step whose code this is, if it is one around `now` (C-TOTP-02). Every step is computed, compared and chosen in constant time, whichever
    /// fits (C-TOTP-07); of two steps with the same code the later one counts, which burns more.
    pub fn step_of(&self, code: &TotpCode, now: Time) -> Option<i64> {
        let totp = self.builder().build_noncompliant();
        let present = step_at(now);
        let (mut found, mut any) = (present, Choice::from(0));
        for step in (present - DRIFT)..=(present + DRIFT) {
            let fits = is_code_at(&totp, step, code);
            found.conditional_assign(&step, fits);
            any |= fits;
        }
        bool::from(any).then_some(found)
    }

    /// The code of a step, as an app shows it.
    pub fn code_at(&self, step: i64) -> Zeroizing<String> {
        Zeroizing::new(self.builder().build_noncompliant().generate(seconds(step)).to_string())
    }

    fn builder(&self) -> Builder {
        // The defaults are those of RFC 6238 and of this file: SHA-1, 6 digits, 30 seconds; no drift, which is judged here.
        Builder::new().with_skew(0).with_secret(Secret::new_stack(self.0))
    }
}

/// The step that `now` is in.
pub const fn step_at(now: Time) -> i64 {
    now.seconds().div_euclid(STEP)
}

fn seconds(step: i64) -> u64 {
    u64::try_from(step.saturating_mul(STEP)).unwrap_or(0)
}

/// Not a `bool`: nothing may branch on one step before the others were looked at.
fn is_code_at(totp: &Totp, step: i64, code: &TotpCode) -> Choice {
    let shown = Zeroizing::new(totp.generate(seconds(step)).to_string());
    code.0.as_bytes().ct_eq(shown.as_bytes())
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TotpSecret(redacted)")
    }
}

/// Only for what is sealed at once.
impl Serialize for TotpSecret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(base64url::encode(self.0)))
    }
}

impl<'de> Deserialize<'de> for TotpSecret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        base64url::decode_array(&text).map(Self).ok_or_else(|| serde::de::Error::custom("no secret of an authenticator app"))
    }
}

/// A QR code for an inline SVG: one path of dark modules on a white square that includes the quiet zone, so that a camera reads it in the
/// dark theme too. It is as secret as what it says: no `Debug`.
#[derive(Clone, Serialize, ZeroizeOnDrop)]
pub struct QrPicture {
    /// Modules of a side, quiet zone included: the picture's `viewBox`.
    pub side: usize,
    /// The dark modules, as the `d` of an SVG path.
    pub path: String,
}

impl QrPicture {
    fn of(code: &QrCode) -> Self {
        let width = code.width();
        let modules = code.to_colors();
        let mut path = String::new();
        for (row, line) in modules.chunks(width).enumerate() {
            let mut column = 0;
            for run in line.chunk_by(|left, right| left == right) {
                if run.first() == Some(&Color::Dark) {
                    // Writing to a `String` can't fail.
                    let _ = write!(path, "M{} {}h{}v1h-{}z", column + QUIET_ZONE, row + QUIET_ZONE, run.len(), run.len());
                }
                column += run.len();
            }
        }
        Self { side: width + 2 * QUIET_ZONE, path }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TotpSecret {
        // RFC 6238, appendix B.
        TotpSecret(*b"12345678901234567890")
    }

    fn typed(text: &str) -> TotpCode {
        TotpCode::parse(text).unwrap_or_else(|| panic!("{text:?} is a code"))
    }

    /// RFC 6238, appendix B: the published codes, of which six digits are the last six.
    #[test]
    fn codes_are_those_of_the_rfc() {
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"), (2_000_000_000, "279037")]
        {
            let now = Time::from_seconds(seconds);
            assert_eq!(*secret().code_at(step_at(now)), code);
            assert_eq!(secret().step_of(&typed(code), now), Some(seconds / 30), "{code}");
        }
    }

    /// C-TOTP-02: one step to either side and no more.
    #[test]
    fn the_window_is_one_step_to_either_side() {
        let now = Time::from_seconds(1_800_000_000);
        for (offset, accepted) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let step = step_at(now) + offset;
            let code = typed(&secret().code_at(step));
            assert_eq!(secret().step_of(&code, now), accepted.then_some(step), "{offset}");
        }
        assert_eq!(step_at(Time::from_millis(1_800_000_029_999)), step_at(now), "a step is 30 whole seconds");
        assert_eq!(step_at(Time::from_seconds(1_800_000_030)), step_at(now) + 1);
    }

    /// C-TOTP-07: codes are compared by `subtle`, all six digits of all three steps; there is no other way to compare one (no `PartialEq`). That no
    /// clock can tell the difference is what `subtle` is for, and is not measured here.
    #[test]
    fn codes_are_compared_by_the_constant_time_type() {
        trait Otherwise {
            const COMPARES: bool = false;
        }
        impl<T> Otherwise for T {}
        struct Probe<T>(std::marker::PhantomData<T>);
        impl<T: PartialEq> Probe<T> {
            const COMPARES: bool = true;
        }
        const { assert!(Probe::<String>::COMPARES && !Probe::<TotpCode>::COMPARES) };
        let compares: fn(&Totp, i64, &TotpCode) -> Choice = is_code_at;
        let (totp, now) = (secret().builder().build_noncompliant(), Time::from_seconds(1_800_000_000));
        for step in [step_at(now) - 1, step_at(now), step_at(now) + 1] {
            let code = secret().code_at(step).to_string();
            assert!(bool::from(compares(&totp, step, &typed(&code))));
            for place in 0..6 {
                let digit = (code.as_bytes()[place] - b'0' + 1) % 10;
                let other = format!("{}{digit}{}", &code[..place], &code[place + 1..]);
                assert!(!bool::from(compares(&totp, step, &typed(&other))), "{place}");
            }
        }
    }

    /// C-TOTP-03: exactly six ASCII digits, but for spaces and one hyphen.
    #[test]
    fn a_code_is_six_ascii_digits() {
        for right in ["123456", " 123456", "123 456", "1 2 3 4 5 6 ", "123-456", "12-34 56"] {
            assert_eq!(typed(right).0, "123456", "{right}");
        }
        for wrong in [
            "",
            " ",
            "12345",
            "1234567",
            "0123456",
            "-123456",
            "123456-",
            "123456- ",
            "12-34-56",
            "１２３４５６",
            "١٢٣٤٥٦",
            "12345a",
            "+12345",
            "1e5000",
            "0x1234",
            "123\u{a0}456",
            "123\t456",
            "123456\0",
            "null",
            "[\"123456\"]",
            "123.456",
        ] {
            assert!(TotpCode::parse(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn an_app_learns_the_secret_by_the_picture_or_by_hand() {
        let address = secret().address("North: wind", "a+b@id.example").unwrap();
        let read = Totp::from_url(&*address).unwrap();
        assert_eq!((read.issuer(), read.account_name()), (Some("North  wind"), "a+b@id.example"));
        assert_eq!(read.secret().as_bytes(), secret().expose());
        assert_eq!(secret().groups().replace(' ', ""), read.secret().to_base32());
        assert_eq!(secret().groups().split(' ').map(str::len).collect::<Vec<_>>(), [4; 8]);

        let picture = secret().picture("Northwind", "alice@northwind.example").unwrap();
        assert!(picture.path.starts_with("M4 4h7v1h-7z"), "the first corner's ring begins behind the quiet zone: {}", picture.path);
        assert!(picture.side > 29 + 8 && picture.path.chars().all(|letter| "Mhvz- 0123456789".contains(letter)));
        assert!(secret().picture(&"x".repeat(4000), "a@id.example").is_err());
    }

    /// C-LOG-02.
    #[test]
    fn secret_and_code_are_quiet() {
        assert_eq!(format!("{:?} {:?}", secret(), typed("123456")), "TotpSecret(redacted) TotpCode(redacted)");
        let sealed = serde_json::to_string(&secret()).unwrap();
        assert_eq!(serde_json::from_str::<TotpSecret>(&sealed).unwrap().expose(), secret().expose());
        assert!(serde_json::from_str::<TotpSecret>("\"AAAA\"").is_err() && TotpSecret::from_bytes(&[0; 19]).is_none());
    }
}
