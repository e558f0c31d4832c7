//! How the house's own types rest in columns: one line each, so that no row holds a bare `String` or `Vec<u8>` where a name is meant.

use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr};
use sea_orm::{ColIdx, DbErr, IntoActiveValue, QueryResult, TryFromU64, TryGetError, TryGetable, Value};
use uuid::Uuid;

use crate::base::clock::Time;
use crate::base::digest::Digest;
use crate::base::email::Email;
use crate::base::id::{
    AuditEventId, BackupCodeId, BackupCodeSetId, ClientId, ClientSecretId, CredentialId, GrantId, InitialAccessTokenId, KeyId, MailId, OneTimeLinkId,
    PasskeyId, SessionId, Sid, Subject, UserHandle, UserId,
};
use crate::base::secret::PasswordHash;
use crate::base::single_use::SingleUseId;
use crate::protocol::claim_names::ClaimNames;
use crate::protocol::claim_values::LanguageTag;
use crate::protocol::claims::{Acr, Amr};
use crate::protocol::profile::Profile;
use crate::protocol::requested_claims::RequestedClaims;
use crate::protocol::resource::Resources;
use crate::protocol::scope::Scope;
use crate::protocol::time_zone::TimeZone;
use crate::store::client::Source;
use crate::store::key::Ring;
use crate::store::one_time_link::LinkKind;
use crate::store::user::{Role, Theme};

/// `$type` rests as `$repr`; `$into` writes it, `$from` reads it back or says that the column holds something else.
macro_rules! rests_as {
    ($type:ty, $repr:ty, $into:expr, $from:expr) => {
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                let into: fn(&$type) -> $repr = $into;
                into(&value).into()
            }
        }

        impl TryGetable for $type {
            fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
                let from: fn($repr) -> Option<$type> = $from;
                let stored = <$repr as TryGetable>::try_get_by(row, index)?;
                from(stored).ok_or_else(|| TryGetError::DbErr(DbErr::Type(concat!("a column holds no ", stringify!($type)).to_owned())))
            }
        }

        impl ValueType for $type {
            fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
                let from: fn($repr) -> Option<$type> = $from;
                from(<$repr as ValueType>::try_from(value)?).ok_or(ValueTypeErr)
            }

            fn type_name() -> String {
                stringify!($type).to_owned()
            }

            fn array_type() -> ArrayType {
                <$repr as ValueType>::array_type()
            }

            fn column_type() -> ColumnType {
                <$repr as ValueType>::column_type()
            }
        }

        impl Nullable for $type {
            fn null() -> Value {
                <$repr as Nullable>::null()
            }
        }

        impl IntoActiveValue<$type> for $type {
            fn into_active_value(self) -> sea_orm::ActiveValue<$type> {
                sea_orm::ActiveValue::Set(self)
            }
        }

        impl TryFromU64 for $type {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($type)))
            }
        }
    };
}

macro_rules! rest_as_uuids {
    ($($type:ty),*) => { $( rests_as!($type, Uuid, |id| *id.as_uuid(), |uuid| Some(<$type>::from_uuid(uuid))); )* };
}

macro_rules! rest_as_text {
    ($($type:ty),*) => { $( rests_as!($type, String, |value| value.to_string(), |text| text.parse().ok()); )* };
}

macro_rules! rest_as_bytes {
    ($($type:ty),*) => { $( rests_as!($type, Vec<u8>, |value| value.as_bytes().to_vec(), |bytes| bytes.try_into().ok().map(<$type>::from_bytes)); )* };
}

rests_as!(Time, i64, |time| time.millis(), |millis| Some(Time::from_millis(millis)));
rest_as_uuids!(
    UserId,
    PasskeyId,
    BackupCodeId,
    BackupCodeSetId,
    OneTimeLinkId,
    SessionId,
    ClientSecretId,
    GrantId,
    MailId,
    AuditEventId,
    UserHandle,
    InitialAccessTokenId
);
rest_as_bytes!(Digest, SingleUseId);
rest_as_text!(KeyId, Role, Theme, LinkKind, Ring, Acr, Amr, Scope, Source);
rests_as!(Email, String, |email| email.as_str().to_owned(), |text| Some(Email::from_stored(text)));
rests_as!(Subject, String, |subject| subject.as_str().to_owned(), |text| Some(Subject::from_text(text)));
rests_as!(Sid, String, |sid| sid.as_str().to_owned(), |text| Some(Sid::from_text(text)));
rests_as!(ClientId, String, |id| id.as_str().to_owned(), |text| Some(ClientId::from_text(text)));
rests_as!(PasswordHash, String, |hash| hash.expose().to_owned(), |text| Some(PasswordHash::from_stored(text)));
rests_as!(LanguageTag, String, |tag| tag.as_str().to_owned(), |text| Some(LanguageTag::from_stored(text)));
rests_as!(TimeZone, String, |zone| zone.as_str().to_owned(), |text| Some(TimeZone::from_stored(text)));
rests_as!(Profile, String, |profile| profile.to_text(), |text| serde_json::from_str(&text).ok());
rests_as!(ClaimNames, String, |claims| claims.to_text(), |text| serde_json::from_str(&text).ok());
rests_as!(RequestedClaims, String, |claims| claims.to_text(), |text| serde_json::from_str(&text).ok());
rests_as!(Resources, String, |resources| resources.to_text(), |text| serde_json::from_str(&text).ok());
rests_as!(CredentialId, Vec<u8>, |id| id.as_bytes().to_vec(), |bytes| CredentialId::new(bytes));
