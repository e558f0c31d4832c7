//! A flag for every member of a client's metadata, and shorter ones for what is wanted most. All of them only write members of the JSON that
//! is registered; what they may say is judged there.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches};
use serde_json::{Map, Value};

use crate::cli::clients::document;

/// How a member is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Text.
    Text,
    /// Several texts; the flag may be given several times.
    List,
    /// Yes or no: the flag alone is yes.
    Switch,
    /// A whole number.
    Number,
    /// JSON in a file.
    File,
}

struct Flag {
    member: &'static str,
    name: &'static str,
    kind: Kind,
    value: &'static str,
    help: &'static str,
}

const fn flag(member: &'static str, name: &'static str, kind: Kind, value: &'static str, help: &'static str) -> Flag {
    Flag { member, name, kind, value, help }
}

/// Every member but `client_id`, which stands elsewhere.
#[rustfmt::skip]
const FLAGS: [Flag; 40] = [
    flag("client_name", "name", Kind::Text, "NAME", "What people know it by"),
    flag("description", "description", Kind::Text, "TEXT", "A sentence about it, for people"),
    flag("application_type", "application-type", Kind::Text, "web|native", "Where it runs"),
    flag("token_endpoint_auth_method", "token-endpoint-auth-method", Kind::Text, "METHOD", "How it proves who it is"),
    flag("redirect_uris", "redirect-uri", Kind::List, "URI", "Where answers may be sent, exactly"),
    flag("post_logout_redirect_uris", "post-logout-redirect-uri", Kind::List, "URI", "Where people may be sent after signing out, exactly"),
    flag("grant_types", "grant-type", Kind::List, "GRANT", "What it may bring to the token endpoint"),
    flag("response_types", "response-type", Kind::List, "TYPE", "What it may ask the authorization endpoint for"),
    flag("scope", "scope", Kind::Text, "SCOPE", "The most it may ask for"),
    flag("id_token_signed_response_alg", "algorithm", Kind::Text, "ALG", "What its ID tokens are signed with"),
    flag("client_uri", "client-uri", Kind::Text, "URL", "Its page"),
    flag("logo_uri", "logo-uri", Kind::Text, "URL", "Its picture"),
    flag("policy_uri", "policy-uri", Kind::Text, "URL", "Its privacy policy"),
    flag("tos_uri", "tos-uri", Kind::Text, "URL", "Its terms of service"),
    flag("initiate_login_uri", "initiate-login-uri", Kind::Text, "URL", "Where signing in to it begins: what people's dashboards open"),
    flag("require_consent", "require-consent", Kind::Switch, "BOOL", "Whether people are asked before it learns anything about them"),
    flag("require_pkce", "require-pkce", Kind::Switch, "BOOL", "Whether it must use PKCE; without, it must be confidential and send a nonce. A weakness"),
    flag("allow_loopback_http", "allow-loopback-http", Kind::Switch, "BOOL", "Whether its redirect URIs may be plain http on loopback names: for development"),
    flag("scope_claims_in_id_token", "scope-claims-in-id-token", Kind::Switch, "BOOL", "Whether its ID tokens also carry what the scope gives, for clients that never ask userinfo"),
    flag("contacts", "contact", Kind::List, "WHOM", "Whom to ask about it"),
    flag("software_id", "software-id", Kind::Text, "ID", "Which software it is"),
    flag("software_version", "software-version", Kind::Text, "VERSION", "Which version of that"),
    flag("token_endpoint_auth_signing_alg", "token-endpoint-auth-signing-alg", Kind::Text, "ALG", "What it signs its assertions with"),
    flag("jwks", "jwks", Kind::File, "FILE", "A file with its public keys (a JWK Set)"),
    flag("jwks_uri", "jwks-uri", Kind::Text, "URL", "Where its public keys are"),
    flag("request_object_signing_alg", "request-object-signing-alg", Kind::Text, "ALG", "What it signs its request objects with"),
    flag("require_signed_request_object", "require-signed-request-object", Kind::Switch, "BOOL", "Whether it must sign its authorization requests"),
    flag("request_uris", "request-uri", Kind::List, "URL", "Where its request objects may be fetched from"),
    flag("require_pushed_authorization_requests", "require-pushed-authorization-requests", Kind::Switch, "BOOL", "Whether it must push its authorization requests"),
    flag("userinfo_signed_response_alg", "userinfo-signed-response-alg", Kind::Text, "ALG", "What userinfo is signed with for it; without, it is plain JSON"),
    flag("backchannel_logout_uri", "backchannel-logout-uri", Kind::Text, "URL", "Where it wants to hear that a session has ended"),
    flag("backchannel_logout_session_required", "backchannel-logout-session-required", Kind::Switch, "BOOL", "Whether it needs to know which session that was"),
    flag("subject_type", "subject-type", Kind::Text, "public|pairwise", "Whether it knows people by the same sub as all others, or by one of its own"),
    flag("sector_identifier_uri", "sector-identifier-uri", Kind::Text, "URL", "The list of redirect URIs of the sector whose clients know people by the same sub"),
    flag("default_max_age", "default-max-age", Kind::Number, "SECONDS", "max_age of a request that has none"),
    flag("require_auth_time", "require-auth-time", Kind::Switch, "BOOL", "Whether it needs auth_time"),
    flag("default_acr_values", "default-acr-value", Kind::List, "ACR", "acr_values of a request that has none"),
    flag("resources", "resource", Kind::List, "URI", "A resource that it may ask access tokens for"),
    flag("introspection_audiences", "introspection-audience", Kind::List, "URI", "A resource that it is itself: it may introspect the access tokens for it"),
    flag("access_token_signed_response_alg", "access-token-algorithm", Kind::Text, "ALG", "What its access tokens for resources are signed with"),
];

/// The members that the flags said.
#[derive(Clone, Debug, Default)]
pub(super) struct Members(pub(super) Map<String, Value>);

impl Args for Members {
    fn augment_args(mut command: clap::Command) -> clap::Command {
        for flag in &FLAGS {
            let arg = Arg::new(flag.member).long(flag.name).value_name(flag.value).help(flag.help);
            let arg = match flag.kind {
                Kind::Text => arg.action(ArgAction::Set),
                Kind::List => arg.action(ArgAction::Append).help(format!("{}; may be given several times", flag.help)),
                Kind::Switch => arg
                    .action(ArgAction::Set)
                    .num_args(0..=1)
                    .require_equals(true)
                    .default_missing_value("true")
                    .value_parser(clap::value_parser!(bool)),
                Kind::Number => arg.action(ArgAction::Set).value_parser(clap::value_parser!(u64)),
                Kind::File => arg.action(ArgAction::Set).value_parser(clap::value_parser!(PathBuf)),
            };
            command = command.arg(arg);
        }
        command
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Members {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut members = Map::new();
        for flag in &FLAGS {
            let name = flag.member;
            let value = match flag.kind {
                Kind::Text => matches.get_one::<String>(name).map(|text| Value::from(text.as_str())),
                Kind::List => matches.get_many::<String>(name).map(|texts| texts.map(String::as_str).collect::<Vec<_>>().into()),
                Kind::Switch => matches.get_one::<bool>(name).map(|yes| Value::from(*yes)),
                Kind::Number => matches.get_one::<u64>(name).map(|number| Value::from(*number)),
                Kind::File => match matches.get_one::<PathBuf>(name) {
                    None => None,
                    Some(path) => Some(document::read(path, "JSON").map_err(|error| clap::Error::raw(ErrorKind::Io, format!("{error}\n")))?),
                },
            };
            members.extend(value.map(|value| (name.to_owned(), value)));
        }
        Ok(Self(members))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.extend(Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}

/// Short words for what is wanted most.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, set by name")]
pub(super) struct Shorthand {
    /// It can't keep a secret, such as a single-page or native application: --token-endpoint-auth-method none.
    #[arg(long, conflicts_with = "token_endpoint_auth_method")]
    public: bool,
    /// It sends its secret in the body and not in the Authorization header: --token-endpoint-auth-method `client_secret_post`.
    #[arg(long, conflicts_with_all = ["public", "token_endpoint_auth_method"])]
    secret_in_body: bool,
    /// It runs on people's own devices: --application-type native.
    #[arg(long, conflicts_with = "application_type")]
    native: bool,
    /// It may refresh its tokens, and ask for access while the person is away.
    #[arg(long)]
    refresh: bool,
    /// Do not ask people before it learns anything about them, for applications of your own house: --require-consent=false.
    #[arg(long, conflicts_with = "require_consent")]
    no_consent: bool,
    /// It can't do PKCE; only for confidential clients that send a nonce, and a weakness: --require-pkce=false.
    #[arg(long, conflicts_with = "require_pkce")]
    no_pkce: bool,
    /// --allow-loopback-http.
    #[arg(long, conflicts_with = "allow_loopback_http")]
    loopback_http: bool,
    /// --scope-claims-in-id-token.
    #[arg(long, conflicts_with = "scope_claims_in_id_token")]
    claims_in_id_token: bool,
}

impl Shorthand {
    /// Writes what the words stand for.
    pub(super) fn write(&self, members: &mut Map<String, Value>) {
        for (said, member, value) in [
            (self.public, "token_endpoint_auth_method", Value::from("none")),
            (self.secret_in_body, "token_endpoint_auth_method", Value::from("client_secret_post")),
            (self.native, "application_type", Value::from("native")),
            (self.no_consent, "require_consent", Value::from(false)),
            (self.no_pkce, "require_pkce", Value::from(false)),
            (self.loopback_http, "allow_loopback_http", Value::from(true)),
            (self.claims_in_id_token, "scope_claims_in_id_token", Value::from(true)),
        ] {
            if said {
                members.insert(member.to_owned(), value);
            }
        }
        if self.refresh {
            let mut grants = members.get("grant_types").and_then(Value::as_array).cloned().unwrap_or_else(|| vec!["authorization_code".into()]);
            if !grants.iter().any(|grant| grant == "refresh_token") {
                grants.push("refresh_token".into());
            }
            members.insert("grant_types".to_owned(), grants.into());
            let scope = members.get("scope").and_then(Value::as_str).unwrap_or("openid profile email");
            if !scope.split(' ').any(|word| word == "offline_access") {
                let scope = format!("{scope} offline_access");
                members.insert("scope".to_owned(), scope.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::Parser;

    use super::*;
    use crate::protocol::client_metadata::ClientMetadata;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        members: Members,
        #[command(flatten)]
        shorthand: Shorthand,
    }

    fn read(line: &str) -> Map<String, Value> {
        let Line { members: Members(mut members), shorthand } = Line::try_parse_from(std::iter::once("x").chain(line.split(' '))).unwrap();
        shorthand.write(&mut members);
        members
    }

    #[test]
    fn there_is_a_flag_for_every_member() {
        let flags: BTreeSet<&str> = FLAGS.iter().map(|flag| flag.member).chain(["client_id"]).collect();
        assert_eq!(flags, ClientMetadata::names().iter().copied().collect());
        assert_eq!(flags.len(), FLAGS.len() + 1, "one each");
    }

    /// What a flag writes is what the member reads.
    #[test]
    fn flags_write_members() {
        let said = read(
            "--name Shop --redirect-uri https://a.test/cb --redirect-uri https://b.test/cb --require-consent=false --require-auth-time --default-max-age 60",
        );
        let expected = serde_json::json!({
            "client_name": "Shop", "redirect_uris": ["https://a.test/cb", "https://b.test/cb"], "require_consent": false, "require_auth_time": true,
            "default_max_age": 60,
        });
        assert_eq!(Value::Object(said), expected);
        let short = read("--public --native --refresh --no-consent --loopback-http --claims-in-id-token --scope openid");
        let expected = serde_json::json!({
            "token_endpoint_auth_method": "none", "application_type": "native", "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid offline_access", "require_consent": false, "allow_loopback_http": true, "scope_claims_in_id_token": true,
        });
        assert_eq!(Value::Object(short), expected);
        for wrong in ["--public --secret-in-body", "--require-consent=perhaps", "--default-max-age soon", "--no-pkce --require-pkce", "--colour red"]
        {
            assert!(Line::try_parse_from(std::iter::once("x").chain(wrong.split(' '))).is_err(), "{wrong}");
        }
    }
}
