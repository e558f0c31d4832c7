//! `weftid clients initial-access-token`: what lets clients register themselves where `registration.mode` asks for it.

use std::time::Duration;

use clap::Subcommand;
use serde_json::{Map, Value};

use crate::actions::audit::Origin;
use crate::actions::initial_access_tokens;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::id::InitialAccessTokenId;
use crate::cli::Failure;
use crate::config::parse_duration;
use crate::store::initial_access_token::Model;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Make a token and print it, this once.
    Create {
        /// How many clients may register with it.
        #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
        uses: u32,
        /// When it ends, from now on: a number with one unit (s, min, h, d), at most 365d.
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = lifetime)]
        expires_in: Duration,
        /// For whom it is, to find it again.
        #[arg(long, default_value = "")]
        note: String,
        /// Answer with JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the tokens.
    List {
        /// As JSON, one token a line.
        #[arg(long)]
        json: bool,
    },
    /// Withdraw a token. Clients that registered with it stay.
    Revoke {
        /// Its id, as `list` shows it.
        id: InitialAccessTokenId,
    },
}

fn lifetime(text: &str) -> Result<Duration, String> {
    let longest = Duration::from_hours(365 * 24);
    let good = parse_duration(text).filter(|lifetime| (Duration::from_secs(1)..=longest).contains(lifetime));
    good.ok_or_else(|| "must be a whole number with one unit (s, min, h, d), at most 365d".to_owned())
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create { uses, expires_in, note, json } => {
            let made = initial_access_tokens::make(app, &note, uses, expires_in, &Origin::command_line()).await;
            let (row, token) = made.map_err(|error| Failure::Refused(error.to_string()))?;
            if json {
                let mut line = document(&row, app.now());
                line.insert("initial_access_token".to_owned(), token.expose().into());
                println!("{}", Value::Object(line));
            } else {
                println!("{}\nThe token is shown this once. Its id is {}.", token.expose(), row.id);
            }
        }
        Command::List { json } => {
            for row in initial_access_tokens::list(app).await? {
                if json {
                    println!("{}", Value::Object(document(&row, app.now())));
                } else {
                    println!("{}\t{}\t{} left\t{}", row.id, state(&row, app.now()), row.uses_left, row.note);
                }
            }
        }
        Command::Revoke { id } => {
            let revoked = initial_access_tokens::revoke(app, id, &Origin::command_line()).await?;
            if !revoked {
                return Err(Failure::Refused(format!("there is no token {id}, or it was withdrawn before")));
            }
            println!("{id} is withdrawn.");
        }
    }
    Ok(())
}

fn state(row: &Model, now: Time) -> &'static str {
    match (row.revoked_at, row.uses_left) {
        (Some(_), _) => "withdrawn",
        _ if row.expires_at <= now => "over",
        (None, 0) => "used up",
        _ => "good",
    }
}

fn document(row: &Model, now: Time) -> Map<String, Value> {
    let members: [(&str, Value); 6] = [
        ("id", row.id.to_string().into()),
        ("note", row.note.as_str().into()),
        ("state", state(row, now).into()),
        ("uses_left", row.uses_left.into()),
        ("created_at", row.created_at.seconds().into()),
        ("expires_at", row.expires_at.seconds().into()),
    ];
    members.into_iter().map(|(member, value)| (member.to_owned(), value)).collect()
}
