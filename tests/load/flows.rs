//! What is measured, and what one caller does for it. A caller has a connection, a browser with a signed-in person, and a client's tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;
use weftid::base::random;
use weftid_tests::authenticator::Authenticator;

use crate::connection::{Answer, Connection};

/// What is called. One operation is everything that its line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Flow {
    /// `GET /.well-known/openid-configuration`.
    Discovery,
    /// `GET /jwks`.
    Jwks,
    /// A ceremony begins and ends: challenge, signature, session.
    PasskeySignIn,
    /// `GET /authorize`, a ceremony, back to `/authorize`, `POST /token`.
    #[value(name = "passkey-code-flow")]
    SignInForCode,
    /// `GET /authorize` with a session and a remembered consent, `POST /token`.
    #[value(name = "code-flow")]
    Code,
    /// `POST /token` with a refresh token.
    Refresh,
    /// `POST /token` with the client's own credentials.
    ClientCredentials,
    /// `POST /introspect` about a live access token.
    Introspection,
    /// `GET /userinfo`.
    Userinfo,
}

impl Flow {
    /// The goal in operations per CPU-second of the server, where there is one.
    pub(crate) const fn goal(self) -> Option<u32> {
        match self {
            Self::Discovery => Some(50_000),
            Self::PasskeySignIn => Some(1_000),
            Self::Code => Some(1_500),
            Self::Refresh => Some(3_200),
            Self::ClientCredentials => Some(10_000),
            Self::Introspection | Self::Userinfo => Some(9_700),
            Self::Jwks | Self::SignInForCode => None,
        }
    }
}

/// Somebody with a browser.
pub(crate) struct Someone {
    /// The cookies of a browser that they used before, without a session.
    pub(crate) signed_out: String,
    /// The same with the session.
    pub(crate) signed_in: String,
    /// The CSRF token of pages for nobody in particular.
    pub(crate) csrf: String,
    /// Their passkey.
    pub(crate) authenticator: Authenticator,
}

/// What a caller is made of.
pub(crate) struct Caller {
    /// Its connection.
    pub(crate) connection: Connection,
    /// The server's own address.
    pub(crate) issuer: url::Url,
    /// Who sign in by turns, so that nobody has more sessions than people have.
    pub(crate) people: Vec<Someone>,
    /// Whose turn it is.
    pub(crate) turn: usize,
    /// The client.
    pub(crate) client_id: String,
    /// Its `Authorization` header.
    pub(crate) basic: String,
    /// Where its answers go.
    pub(crate) redirect_uri: String,
    /// A live access token.
    pub(crate) access_token: String,
    /// The refresh token that comes next.
    pub(crate) refresh_token: String,
}

impl Caller {
    /// Does it once; ends the program when the server does not do its part.
    pub(crate) async fn does(&mut self, flow: Flow) {
        self.turn = (self.turn + 1) % self.people.len();
        match flow {
            Flow::Discovery => drop(self.gets("/.well-known/openid-configuration", &[]).await.expect(200)),
            Flow::Jwks => drop(self.gets("/jwks", &[]).await.expect(200)),
            Flow::PasskeySignIn => drop(self.signs_in(None).await),
            Flow::SignInForCode => self.signs_in_for_a_code().await,
            Flow::Code => {
                let (query, verifier) = self.asks();
                let cookies = self.people[self.turn].signed_in.clone();
                let answer = self.gets(&format!("/authorize?{query}"), &[("cookie", &cookies)]).await;
                self.redeems(&answer, &verifier).await;
            }
            Flow::Refresh => {
                let token = self.refresh_token.clone();
                let answer = self.posts("/token", &[("grant_type", "refresh_token"), ("refresh_token", &token)]).await.expect(200).json();
                text(&answer, "refresh_token").clone_into(&mut self.refresh_token);
            }
            Flow::ClientCredentials => drop(self.posts("/token", &[("grant_type", "client_credentials")]).await.expect(200)),
            Flow::Introspection => {
                let token = self.access_token.clone();
                let answer = self.posts("/introspect", &[("token", &token)]).await.expect(200).json();
                assert_eq!(answer["active"], true, "{answer}");
            }
            Flow::Userinfo => {
                let bearer = format!("Bearer {}", self.access_token);
                drop(self.gets("/userinfo", &[("authorization", &bearer)]).await.expect(200));
            }
        }
    }

    async fn signs_in_for_a_code(&mut self) {
        let (query, verifier) = self.asks();
        let cookies = self.people[self.turn].signed_out.clone();
        let answer = self.gets(&format!("/authorize?{query}"), &[("cookie", &cookies)]).await.expect(303);
        let page = url::Url::parse(answer.header("location").unwrap_or_default()).unwrap_or_else(|error| panic!("{error}: {answer}"));
        let request = page.query_pairs().find(|(name, _)| name == "request").map(|(_, value)| value.into_owned());
        let finished = self.signs_in(Some(request.unwrap_or_else(|| panic!("no request in {page}")))).await;
        let session = session_cookie(&finished).to_owned();
        let next = text(&finished.json(), "redirect").to_owned();
        let next = self.issuer.join(&next).unwrap_or_else(|error| panic!("{error}: {next}"));
        let cookies = format!("{}; {session}", self.people[self.turn].signed_out);
        let answer = self.gets(&next[url::Position::BeforePath..], &[("cookie", &cookies)]).await;
        self.redeems(&answer, &verifier).await;
    }

    /// A ceremony on the sign-in page, for the request that waits, if one does.
    async fn signs_in(&mut self, request: Option<String>) -> Answer {
        let mut begin = json!({});
        if let Some(request) = &request {
            begin["request"] = json!(request);
        }
        let options = self.calls("/login/passkey/begin", &begin).await.expect(200).json();
        let credential = self.people[self.turn].authenticator.get(&options["publicKey"], &self.issuer).expect("the authenticator answers");
        let mut finish = json!({"ceremony": options["ceremony"], "credential": credential});
        if let Some(request) = request {
            finish["request"] = json!(request);
        }
        self.calls("/login/passkey/finish", &finish).await.expect(200)
    }

    /// The query of a fresh authorization request, and its verifier.
    fn asks(&self) -> (String, String) {
        let verifier = URL_SAFE_NO_PAD.encode(random::bytes::<32>());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("client_id", self.client_id.as_str()),
                ("redirect_uri", &self.redirect_uri),
                ("response_type", "code"),
                ("scope", "openid profile email"),
                ("state", "af0ifjsldkj"),
                ("nonce", &verifier[..20]),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ])
            .finish();
        (query, verifier)
    }

    async fn redeems(&mut self, answer: &Answer, verifier: &str) {
        assert_eq!(answer.status, 303, "{answer}");
        let callback = url::Url::parse(answer.header("location").unwrap_or_default()).unwrap_or_else(|error| panic!("{error}: {answer}"));
        let code = callback.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned());
        let code = code.unwrap_or_else(|| panic!("no code in {callback}"));
        let redirect_uri = self.redirect_uri.clone();
        let pairs = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", &redirect_uri), ("code_verifier", verifier)];
        let tokens = self.posts("/token", &pairs).await.expect(200).json();
        assert!(!text(&tokens, "id_token").is_empty());
    }

    async fn gets(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.connection.ask("GET", path, headers, b"").await.unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    async fn posts(&mut self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let headers = [("authorization", self.basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        self.connection.ask("POST", path, &headers, body.as_bytes()).await.unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    /// Posts JSON, as the sign-in page's script would.
    async fn calls(&mut self, path: &str, body: &Value) -> Answer {
        let someone = &self.people[self.turn];
        let headers = [("cookie", someone.signed_out.as_str()), ("content-type", "application/json"), ("x-csrf-token", someone.csrf.as_str())];
        let body = body.to_string();
        self.connection.ask("POST", path, &headers, body.as_bytes()).await.unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }
}

fn text<'v>(answer: &'v Value, member: &str) -> &'v str {
    answer[member].as_str().unwrap_or_else(|| panic!("no {member} in {answer}"))
}

/// The pair of the session cookie that an answer sets.
fn session_cookie(answer: &Answer) -> &str {
    let pairs = answer.headers("set-cookie").filter_map(|line| line.split(';').next());
    pairs
        .into_iter()
        .find(|pair| pair.split('=').next().is_some_and(|name| name.ends_with("session")))
        .unwrap_or_else(|| panic!("no session: {answer}"))
}
