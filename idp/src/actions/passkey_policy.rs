//! Which passkeys are taken, wherever one is made: by link, on Sign-in Methods, after a password. Attestation and flags of a new passkey are
//! judged here, once, for all of them.

use crate::adapters::webauthn::{NewPasskey, RegistrationState, credential_managers};
use crate::app::App;
use crate::base::error::{AppError, Kind};
use crate::config::{AaguidRule, Passkeys};

/// Why no passkey was made.
#[derive(Debug)]
pub(super) struct NotMade {
    /// The word for the audit log.
    pub(super) reason: &'static str,
    /// What the person is told.
    pub(super) error: AppError,
}

/// Finishes a registration ceremony: what the browser sent must be right, and of a kind that is taken. The caller burns the ceremony if not.
pub(super) fn finish(app: &App, state: &RegistrationState, credential: &[u8]) -> Result<NewPasskey, NotMade> {
    let made = app
        .webauthn()
        .finish_registration(state, credential)
        .map_err(|refused| NotMade { reason: refused.reason(), error: AppError::new(Kind::Invalid, "passkey_invalid").because(refused) })?;
    match objection(&app.config().passkeys, &made) {
        None => Ok(made),
        Some(reason) => Err(NotMade { reason, error: AppError::new(Kind::Forbidden, "passkey_not_allowed").because(reason) }),
    }
}

/// What the policy has against a passkey, if anything.
fn objection(policy: &Passkeys, made: &NewPasskey) -> Option<&'static str> {
    if policy.device_bound_only && made.backup_eligible {
        return Some("not_device_bound");
    }
    let is_listed = policy.aaguids.contains(&made.aaguid);
    match policy.attestation {
        // Whom we would believe is known, so an authenticator's own word for what it is doesn't count.
        AaguidRule::Allow | AaguidRule::Deny if !policy.attestation_authorities.is_empty() && !made.attested => Some("not_attested"),
        AaguidRule::Allow if !is_listed => Some("model_not_allowed"),
        AaguidRule::Deny if is_listed => Some("model_denied"),
        AaguidRule::Off | AaguidRule::Allow | AaguidRule::Deny => None,
    }
}

/// What is taken, to be said with a refusal: attributes of `error-passkey_not_allowed`, each with the names of the models it speaks of.
pub fn taken(policy: &Passkeys) -> Vec<(&'static str, String)> {
    let names = listed(policy).join(", ");
    let by_model = match policy.attestation {
        AaguidRule::Off => None,
        AaguidRule::Allow => Some("allow"),
        AaguidRule::Deny => Some("deny"),
    };
    let mut said: Vec<_> = by_model.filter(|_| !names.is_empty()).map(|rule| (rule, names)).into_iter().collect();
    said.extend((!policy.attestation_authorities.is_empty()).then(|| ("proved", String::new())));
    said.extend(policy.device_bound_only.then(|| ("bound", String::new())));
    said
}

/// The names of the models that the policy lists, each once, as people know them.
fn listed(policy: &Passkeys) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = policy.aaguids.iter().filter_map(|aaguid| credential_managers::name_of(*aaguid)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::base::id::CredentialId;
    use crate::config::Config;

    fn policy(pairs: &[(&str, &str)]) -> Passkeys {
        Config::from_pairs(pairs).unwrap().passkeys
    }

    fn made(aaguid: &str, backup_eligible: bool, attested: bool) -> NewPasskey {
        NewPasskey {
            credential_id: CredentialId::new([1; 16]).unwrap(),
            public: String::new(),
            counter: 0,
            backup_eligible,
            backed_up: backup_eligible,
            aaguid: aaguid.parse().unwrap(),
            attested,
            transports: vec![],
        }
    }

    /// B-REG-06: what is refused, for what reason.
    #[test]
    fn the_policy_takes_what_it_says() {
        const KEY: &str = "ee882879-721c-4913-9775-3dfcce97072a";
        const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
        let aaguids = ("passkeys.aaguids", KEY);
        let allow = policy(&[("passkeys.attestation", "allow"), aaguids]);
        let deny = policy(&[("passkeys.attestation", "deny"), aaguids]);
        let believing = |policy: &Passkeys| Passkeys { attestation_authorities: vec!["a certificate".to_owned()], ..policy.clone() };
        for (row, policy, made, expected) in [
            ("off", policy(&[]), made(NOBODY, true, false), None),
            ("allow", allow.clone(), made(KEY, false, false), None),
            ("allow, another", allow.clone(), made(NOBODY, false, false), Some("model_not_allowed")),
            ("deny", deny.clone(), made(KEY, false, false), Some("model_denied")),
            ("deny, another", deny.clone(), made(NOBODY, true, false), None),
            ("allow, proved", believing(&allow), made(KEY, false, true), None),
            ("allow, only said", believing(&allow), made(KEY, false, false), Some("not_attested")),
            ("allow, another, proved", believing(&allow), made(NOBODY, false, true), Some("model_not_allowed")),
            ("deny, only said", believing(&deny), made(NOBODY, false, false), Some("not_attested")),
            ("bound", policy(&[("passkeys.device_bound_only", "true")]), made(NOBODY, false, false), None),
            ("bound, synced", policy(&[("passkeys.device_bound_only", "true")]), made(NOBODY, true, false), Some("not_device_bound")),
        ] {
            assert_eq!(objection(&policy, &made), expected, "{row}");
        }
        assert_eq!(listed(&allow), ["YubiKey 5"]);
        assert_eq!(listed(&Passkeys { aaguids: vec![Uuid::nil()], ..allow }), [""; 0]);
    }
}
