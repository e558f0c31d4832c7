//! What now? The one place that decides how an authorization request goes on, from the request, the facts and the time alone
//! (OpenID Connect Core §3.1.2.3, §3.1.2.4).
//!
//! Pages change facts, each with the time it became true, and come back here; they never say what follows. Every demand is met by a
//! fact that is later than the request, so a demand that was met stays met, and no one is sent in circles.

use std::time::Duration;

use crate::base::clock::Time;
use crate::base::id::Subject;
use crate::base::single_use::SingleUseId;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::claims::Acr;
use crate::protocol::client_metadata::ConsentPolicy;
use crate::protocol::error::OAuthError;
use crate::protocol::extent::Extent;
use crate::protocol::prompt::PromptValue;

/// Who is here, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    /// The person.
    pub subject: Subject,
    /// When they last proved who they are.
    pub authenticated_at: Time,
    /// When they last chose this account; signing in is choosing.
    pub chosen_at: Time,
    /// How strong that proof was.
    pub acr: Acr,
    /// Whether they have yet to save the backup codes they were given.
    pub backup_codes_waiting: bool,
}

/// What the person last allowed this client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentFacts {
    /// Everything that was allowed.
    pub extent: Extent,
    /// The request at which it was allowed.
    pub given_for: SingleUseId,
}

/// Everything that the decision rests on, beside the request and the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The live session of the account that this browser uses; where a hint names another one that is signed in here, that one's.
    pub session: Option<SessionFacts>,
    /// The consent that this session's person gave this client and has not taken back.
    pub consent: Option<ConsentFacts>,
    /// When this client's requests are put before the person.
    pub consent_policy: ConsentPolicy,
}

/// How a request goes on.
#[derive(Debug, PartialEq, Eq)]
pub enum NextStep {
    /// Give the code.
    Issue,
    /// Nobody is here, or somebody else than was meant.
    SignIn,
    /// The person is here, and has to prove it anew.
    SignInAgain,
    /// The person is to say which account.
    ChooseAccount,
    /// The person first saves their backup codes.
    SaveBackupCodes,
    /// The person is to say whether the client may have what it asks for.
    Consent,
    /// Nothing may be shown, and something would have to be.
    Refuse(OAuthError),
}

/// Decides how `request` goes on. Asked twice with the same facts it says the same.
pub fn next_step(request: &AuthorizationRequest, facts: &Facts, now: Time) -> NextStep {
    let Some((step, refusal)) = demand(request, facts, now) else { return NextStep::Issue };
    // OpenID Connect Core §3.1.2.1: prompt=none shows nothing, whatever is missing (A-AUTHN-01).
    if request.prompt.is_none() { NextStep::Refuse(refusal()) } else { step }
}

/// A step that has to be shown, and what `prompt=none` is told in its place.
type Demand = (NextStep, fn() -> OAuthError);

/// The first demand that the facts do not meet.
fn demand(request: &AuthorizationRequest, facts: &Facts, now: Time) -> Option<Demand> {
    let Some(session) = &facts.session else {
        return Some((NextStep::SignIn, || OAuthError::login_required("nobody is signed in")));
    };
    // OpenID Connect Core §3.1.2.2: an answer about another person than the hint names is never given (A-AUTHN-03).
    if request.hint_subject.as_ref().is_some_and(|hinted| *hinted != session.subject) {
        return Some((NextStep::SignIn, || OAuthError::login_required("somebody else is signed in")));
    }
    if request.prompt.contains(PromptValue::SelectAccount) && session.chosen_at <= request.began_at {
        return Some((NextStep::ChooseAccount, || OAuthError::account_selection_required("an account has to be chosen")));
    }
    if !is_fresh(request, session, now) {
        return Some((NextStep::SignInAgain, || OAuthError::login_required("the sign-in is too long ago")));
    }
    if let Some(demand) = stronger(request, session) {
        return Some(demand);
    }
    if session.backup_codes_waiting {
        return Some((NextStep::SaveBackupCodes, || OAuthError::interaction_required("the account is not set up completely")));
    }
    if !is_allowed(request, facts) {
        return Some((NextStep::Consent, || OAuthError::consent_required("the person was not asked yet")));
    }
    None
}

/// OpenID Connect Core §3.1.2.1: `prompt=login` and `max_age` (A-AUTHN-02).
fn is_fresh(request: &AuthorizationRequest, session: &SessionFacts, now: Time) -> bool {
    // A sign-in for this very request meets every demand; otherwise max_age=0 could never be met.
    if session.authenticated_at > request.began_at {
        return true;
    }
    let young_enough = |seconds: u64| now.since(session.authenticated_at) <= Duration::from_secs(seconds);
    !request.prompt.contains(PromptValue::Login) && request.max_age.is_none_or(young_enough)
}

/// OpenID Connect Core §5.5.1.1, §3.1.2.1: how strong the sign-in is to be (A-AUTHN-04). Whoever signed in for this very request did what they
/// could: then a condition that is not met fails, and a wish that is not met is told as it is. Nothing is shown for a wish alone.
fn stronger(request: &AuthorizationRequest, session: &SessionFacts) -> Option<Demand> {
    let was_asked = session.authenticated_at > request.began_at;
    let unmet = || OAuthError::unmet_authentication_requirements("the sign-in is not as strong as it has to be");
    match (request.acr.accepts(session.acr), request.acr.is_pleased_by(session.acr)) {
        (false, _) if was_asked => Some((NextStep::Refuse(unmet()), unmet)),
        (false, _) => Some((NextStep::SignInAgain, || OAuthError::login_required("the sign-in is not as strong as it has to be"))),
        (true, false) if !was_asked && !request.prompt.is_none() => {
            Some((NextStep::SignInAgain, || OAuthError::login_required("the sign-in is not as strong as it could be")))
        }
        (true, _) => None,
    }
}

/// OpenID Connect Core §3.1.2.4: whether the person, or an administrator for them, allowed what is asked.
fn is_allowed(request: &AuthorizationRequest, facts: &Facts) -> bool {
    let consent = facts.consent.as_ref().filter(|consent| request.extent().is_within(&consent.extent));
    let allowed_now = consent.is_some_and(|consent| consent.given_for == request.id);
    match facts.consent_policy {
        _ if allowed_now => true,
        // A client that asks for the question gets it, even where it would not be asked.
        _ if request.prompt.contains(PromptValue::Consent) => false,
        ConsentPolicy::NotAsked => true,
        ConsentPolicy::Remembered => consent.is_some(),
        ConsentPolicy::EachTime => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::id::ClientId;
    use crate::protocol::error::ErrorCode;
    use crate::protocol::params::Params;
    use crate::protocol::prompt::Prompt;
    use crate::protocol::redirect_uri::RedirectUri;
    use crate::protocol::requested_acr::RequestedAcr;
    use crate::protocol::requested_claims::{ClaimsParameter, RequestedClaims};
    use crate::protocol::resource::Resources;
    use crate::protocol::response_mode::ResponseMode;
    use crate::protocol::scope::Scope;

    const BEGAN: Time = Time::from_seconds(1_764_000_000);
    const NOW: Time = Time::from_seconds(1_764_000_010);

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn request(prompt: &str) -> AuthorizationRequest {
        AuthorizationRequest {
            id: SingleUseId::from_bytes([1; SingleUseId::LENGTH]),
            client_id: ClientId::from_text("shop"),
            redirect_uri: RedirectUri::from_text("https://shop.test/cb"),
            scope: Scope::of(&["openid", "email"]),
            response_mode: ResponseMode::Query,
            state: None,
            nonce: None,
            code_challenge: None,
            prompt: Prompt::parse(prompt).unwrap(),
            max_age: None,
            login_hint: None,
            ui_locales: None,
            acr: RequestedAcr::default(),
            claims: RequestedClaims::default(),
            resources: Resources::default(),
            hint_subject: None,
            hint_client: None,
            began_at: BEGAN,
            pushed: None,
        }
    }

    const ESSENTIAL_PHR: &str = r#"claims={"id_token":{"acr":{"essential":true,"value":"phr"}}}"#;

    fn asking_for(acr: &str) -> RequestedAcr {
        let params = Params::gather(&[acr.as_bytes()]).unwrap();
        RequestedAcr::read(&params, &ClaimsParameter::read(&params).unwrap(), &[])
    }

    fn alice() -> Subject {
        Subject::from_text("alice")
    }

    /// Alice signed in an hour before the request, and allowed all of it at another one.
    fn settled() -> Facts {
        let an_hour_before = BEGAN.minus(seconds(3600));
        let session = SessionFacts {
            subject: alice(),
            authenticated_at: an_hour_before,
            chosen_at: an_hour_before,
            acr: Acr::PasswordOtp,
            backup_codes_waiting: false,
        };
        let consent =
            ConsentFacts { extent: Extent::of_scope(Scope::of(&["openid", "email"])), given_for: SingleUseId::from_bytes([9; SingleUseId::LENGTH]) };
        Facts { session: Some(session), consent: Some(consent), consent_policy: ConsentPolicy::Remembered }
    }

    fn with_session(change: impl Fn(&mut SessionFacts)) -> Facts {
        let mut facts = settled();
        facts.session.iter_mut().for_each(change);
        facts
    }

    fn name(step: &NextStep) -> String {
        match step {
            NextStep::Refuse(error) => error.code().name().to_owned(),
            step => format!("{step:?}"),
        }
    }

    /// OpenID Connect Core §3.1.2.3 and §3.1.2.4, A-AUTHN-01, A-AUTHN-02, A-AUTHN-03: with and without permission to show something.
    #[test]
    fn the_table_of_steps() {
        let nobody = Facts { session: None, ..settled() };
        let just_now = with_session(|session| session.authenticated_at = BEGAN.plus(seconds(1)));
        let at_the_same_moment = with_session(|session| session.authenticated_at = BEGAN);
        let chosen = with_session(|session| session.chosen_at = BEGAN.plus(seconds(1)));
        let chosen_at_the_same_moment = with_session(|session| session.chosen_at = BEGAN);
        let waiting = with_session(|session| session.backup_codes_waiting = true);
        let not_allowed = Facts { consent: None, ..settled() };
        let less = Facts {
            consent: settled().consent.map(|consent| ConsentFacts { extent: Extent::of_scope(Scope::of(&["openid"])), ..consent }),
            ..settled()
        };
        let allowed_now = Facts { consent: settled().consent.map(|consent| ConsentFacts { given_for: request("").id, ..consent }), ..settled() };
        let less_now = Facts { consent: less.consent.clone().map(|consent| ConsentFacts { given_for: request("").id, ..consent }), ..settled() };
        let one_by_one = |claims: &str| {
            let claims = ClaimsParameter::read(&Params::from_pairs([("claims", claims)])).unwrap().names();
            AuthorizationRequest { claims, ..request("") }
        };
        let trusted = Facts { consent: None, consent_policy: ConsentPolicy::NotAsked, ..settled() };
        let each_time = Facts { consent_policy: ConsentPolicy::EachTime, ..settled() };
        let each_time_allowed = Facts { consent_policy: ConsentPolicy::EachTime, ..allowed_now.clone() };
        let with_passkey = with_session(|session| session.acr = Acr::Phr);
        let acr = |prompt: &str, asked: &str| AuthorizationRequest { acr: asking_for(asked), ..request(prompt) };
        let aged = |prompt: &str, max_age| AuthorizationRequest { max_age: Some(max_age), ..request(prompt) };
        let hinted = |prompt: &str, subject: &str| AuthorizationRequest { hint_subject: Some(Subject::from_text(subject)), ..request(prompt) };
        for (row, request, facts, step) in vec![
            ("settled", request(""), &settled(), "Issue"),
            ("settled, silent", request("none"), &settled(), "Issue"),
            ("nobody", request(""), &nobody, "SignIn"),
            ("nobody, silent", request("none"), &nobody, "login_required"),
            ("nobody, choosing", request("select_account"), &nobody, "SignIn"),
            ("hint of her", hinted("none", "alice"), &settled(), "Issue"),
            ("hint of another", hinted("", "bob"), &settled(), "SignIn"),
            ("hint of another, silent", hinted("none", "bob"), &settled(), "login_required"),
            ("hint of another, just signed in", hinted("login", "bob"), &just_now, "SignIn"),
            ("login", request("login"), &settled(), "SignInAgain"),
            ("login, signed in at that moment", request("login"), &at_the_same_moment, "SignInAgain"),
            ("login, met", request("login"), &just_now, "Issue"),
            ("max_age, too long ago", aged("", 3609), &settled(), "SignInAgain"),
            ("max_age, to the second", aged("", 3610), &settled(), "Issue"),
            ("max_age, silent", aged("none", 1), &settled(), "login_required"),
            ("max_age=1, met for this request", aged("", 1), &just_now, "Issue"),
            ("max_age=0, met for this request", aged("", 0), &just_now, "Issue"),
            ("max_age=0", aged("", 0), &settled(), "SignInAgain"),
            ("max_age, huge", aged("", u64::MAX), &settled(), "Issue"),
            ("login and young enough", aged("login", 9999), &settled(), "SignInAgain"),
            ("stronger wished", acr("", "acr_values=phr"), &settled(), "SignInAgain"),
            ("stronger wished, silent", acr("none", "acr_values=phr"), &settled(), "Issue"),
            ("stronger wished, asked for this request", acr("", "acr_values=phr"), &just_now, "Issue"),
            ("stronger wished, met", acr("", "acr_values=phr"), &with_passkey, "Issue"),
            ("weaker wished", acr("", "acr_values=password"), &settled(), "Issue"),
            ("stronger is a condition", acr("", ESSENTIAL_PHR), &settled(), "SignInAgain"),
            ("stronger is a condition, silent", acr("none", ESSENTIAL_PHR), &settled(), "login_required"),
            ("stronger is a condition, not met for this request", acr("", ESSENTIAL_PHR), &just_now, "unmet_authentication_requirements"),
            ("stronger is a condition, not met, silent", acr("none", ESSENTIAL_PHR), &just_now, "unmet_authentication_requirements"),
            ("stronger is a condition, met", acr("none", ESSENTIAL_PHR), &with_passkey, "Issue"),
            ("choosing", request("select_account"), &settled(), "ChooseAccount"),
            ("choosing, chosen at that moment", request("select_account"), &chosen_at_the_same_moment, "ChooseAccount"),
            ("choosing, met", request("select_account"), &chosen, "Issue"),
            ("choosing and login, chosen", request("select_account login"), &chosen, "SignInAgain"),
            ("codes waiting", request(""), &waiting, "SaveBackupCodes"),
            ("codes waiting, silent", request("none"), &waiting, "interaction_required"),
            ("codes waiting, login", request("login"), &waiting, "SignInAgain"),
            ("not allowed", request(""), &not_allowed, "Consent"),
            ("not allowed, silent", request("none"), &not_allowed, "consent_required"),
            ("more than was allowed", request(""), &less, "Consent"),
            ("more than was allowed, silent", request("none"), &less, "consent_required"),
            ("a claim beyond what was allowed", one_by_one(r#"{"userinfo":{"birthdate":null}}"#), &settled(), "Consent"),
            ("a claim that was allowed by its scope", one_by_one(r#"{"id_token":{"email":null}}"#), &settled(), "Issue"),
            ("less than it asks, allowed now", request("consent"), &less_now, "Consent"),
            ("asking again", request("consent"), &settled(), "Consent"),
            ("asking again, allowed now", request("consent"), &allowed_now, "Issue"),
            ("trusted", request("none"), &trusted, "Issue"),
            ("trusted, asking", request("consent"), &trusted, "Consent"),
            ("each time", request(""), &each_time, "Consent"),
            ("each time, silent", request("none"), &each_time, "consent_required"),
            ("each time, allowed now", request(""), &each_time_allowed, "Issue"),
        ] {
            assert_eq!(name(&next_step(&request, facts, NOW)), step, "{row}");
        }
    }

    /// What the page of a step makes true, a moment later.
    fn after(step: &NextStep, request: &AuthorizationRequest, facts: &Facts, now: Time) -> Facts {
        let mut facts = facts.clone();
        match step {
            NextStep::SignIn => {
                let subject = request.hint_subject.clone().unwrap_or_else(alice);
                facts.session = Some(SessionFacts { subject, authenticated_at: now, chosen_at: now, acr: Acr::Phr, backup_codes_waiting: true });
                facts.consent = None;
            }
            NextStep::SignInAgain => facts.session.iter_mut().for_each(|session| (session.authenticated_at, session.chosen_at) = (now, now)),
            NextStep::ChooseAccount => facts.session.iter_mut().for_each(|session| session.chosen_at = now),
            NextStep::SaveBackupCodes => facts.session.iter_mut().for_each(|session| session.backup_codes_waiting = false),
            NextStep::Consent => facts.consent = Some(ConsentFacts { extent: request.extent(), given_for: request.id }),
            NextStep::Issue | NextStep::Refuse(_) => {}
        }
        facts
    }

    fn any_session() -> impl Strategy<Value = SessionFacts> {
        (prop::sample::select(vec!["alice", "bob"]), -20_i64..20, -20_i64..20, any::<bool>()).prop_map(|(subject, authenticated, chosen, waiting)| {
            SessionFacts {
                subject: Subject::from_text(subject),
                authenticated_at: Time::from_seconds(BEGAN.seconds() + authenticated),
                chosen_at: Time::from_seconds(BEGAN.seconds() + chosen),
                acr: Acr::PasswordOtp,
                backup_codes_waiting: waiting,
            }
        })
    }

    fn any_consent() -> impl Strategy<Value = ConsentFacts> {
        (prop::sample::select(vec!["openid", "openid email", "openid email profile"]), any::<bool>()).prop_map(|(scope, this)| ConsentFacts {
            extent: Extent::of_scope(Scope::parse(scope).unwrap()),
            given_for: SingleUseId::from_bytes([if this { 1 } else { 9 }; SingleUseId::LENGTH]),
        })
    }

    fn any_facts() -> impl Strategy<Value = Facts> {
        let policy = prop::sample::select(vec![ConsentPolicy::NotAsked, ConsentPolicy::Remembered, ConsentPolicy::EachTime]);
        (prop::option::of(any_session()), prop::option::of(any_consent()), policy).prop_map(|(session, consent, consent_policy)| Facts {
            session,
            consent,
            consent_policy,
        })
    }

    fn any_request() -> impl Strategy<Value = AuthorizationRequest> {
        let prompts = vec!["", "none", "login", "consent", "select_account", "login consent", "login consent select_account"];
        let hint = prop::option::of(prop::sample::select(vec!["alice", "bob"]));
        let acr = prop::sample::select(vec!["", "acr_values=phr", ESSENTIAL_PHR]);
        (prop::sample::select(prompts), prop::option::of(0_u64..40), hint, acr).prop_map(|(prompt, max_age, hint, acr)| AuthorizationRequest {
            max_age,
            hint_subject: hint.map(Subject::from_text),
            acr: asking_for(acr),
            ..request(prompt)
        })
    }

    proptest! {
        /// A-AUTHN-01: prompt=none never shows anything, and says so in the registered words.
        #[test]
        fn a_silent_request_is_answered_or_refused(request in any_request(), facts in any_facts()) {
            let silent = AuthorizationRequest { prompt: Prompt::parse("none").unwrap(), ..request };
            let registered = [
                ErrorCode::LoginRequired,
                ErrorCode::AccountSelectionRequired,
                ErrorCode::ConsentRequired,
                ErrorCode::InteractionRequired,
                ErrorCode::UnmetAuthenticationRequirements,
            ];
            match next_step(&silent, &facts, NOW) {
                NextStep::Issue => {}
                NextStep::Refuse(error) => prop_assert!(registered.contains(&error.code())),
                step => prop_assert!(false, "{step:?}"),
            }
        }

        /// A-AUTHN-03: whatever the facts, a code is only ever for the person that a hint names.
        #[test]
        fn a_code_is_never_for_another_person(request in any_request(), facts in any_facts()) {
            if next_step(&request, &facts, NOW) == NextStep::Issue {
                let subject = facts.session.map(|session| session.subject);
                prop_assert!(subject.is_some());
                prop_assert!(request.hint_subject.is_none() || request.hint_subject == subject);
            }
        }

        #[test]
        fn asking_twice_gives_the_same(request in any_request(), facts in any_facts()) {
            prop_assert_eq!(next_step(&request, &facts, NOW), next_step(&request, &facts, NOW));
        }

        /// A-AUTHN-04: whatever the facts, a code is only ever for a sign-in as strong as the client makes it a condition.
        #[test]
        fn a_code_is_never_for_a_weaker_sign_in(request in any_request(), facts in any_facts()) {
            if next_step(&request, &facts, NOW) == NextStep::Issue {
                prop_assert!(facts.session.is_some_and(|session| request.acr.accepts(session.acr)));
            }
        }

        /// No circles: every step makes a fact true that is not asked for again, so that a code comes after five steps at most,
        /// however long each of them takes; or a refusal, where a sign-in was not as strong as it had to be.
        #[test]
        fn whoever_does_what_is_asked_gets_a_code(request in any_request(), start in any_facts(), pace in 1_u64..600) {
            prop_assume!(!request.prompt.is_none());
            let (mut facts, mut now, mut seen) = (start, NOW.plus(seconds(20)), Vec::new());
            loop {
                let step = next_step(&request, &facts, now);
                if step == NextStep::Issue || matches!(&step, NextStep::Refuse(error) if error.code() == ErrorCode::UnmetAuthenticationRequirements) {
                    break;
                }
                prop_assert!(seen.len() < 5 && !seen.contains(&name(&step)), "{:?} then {:?}", seen, step);
                now = now.plus(seconds(pace));
                facts = after(&step, &request, &facts, now);
                seen.push(name(&step));
            }
        }
    }
}
