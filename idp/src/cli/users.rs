//! `weftid users`: invite, list, deactivate and reactivate people, and let back in who has lost every passkey.

use clap::{Subcommand, ValueEnum};

use crate::actions::audit::Origin;
use crate::actions::{invitations, recovery_links, users};
use crate::app::App;
use crate::base::email::Email;
use crate::base::error::AppError;
use crate::cli::Failure;
use crate::store::user::Role;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an invitation and print its link. An invitation that waits for the same address is withdrawn.
    Invite {
        /// Their email address: what they will sign in with.
        #[arg(long)]
        email: String,
        /// What they are called; they can change it.
        #[arg(long)]
        name: Option<String>,
        /// What they may do.
        #[arg(long, value_enum, default_value_t = RoleName::User)]
        role: RoleName,
    },
    /// List everybody.
    List {
        /// As JSON, one person a line.
        #[arg(long)]
        json: bool,
    },
    /// Shut a person out: their sessions end, and what applications were given for them is dead.
    Deactivate {
        /// Their email address.
        email: String,
    },
    /// Let a deactivated person in again; what was ended stays ended.
    Reactivate {
        /// Their email address.
        email: String,
    },
    /// Make a link by which somebody who has lost every passkey registers another, without a backup code, and print it. Make sure by other means
    /// that it is them. They are told by mail; an older link stops working.
    RecoveryLink {
        /// Their email address.
        email: String,
    },
}

/// A role, as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RoleName {
    /// Looks after their own account.
    User,
    /// Looks after users and clients.
    Admin,
    /// Looks after everything.
    SuperAdmin,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::User => Self::User,
            RoleName::Admin => Self::Admin,
            RoleName::SuperAdmin => Self::SuperAdmin,
        }
    }
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), Failure> {
    match command {
        Command::Invite { email, name, role } => {
            let link = invitations::invite(app, &email, name.as_deref(), role.into(), &Origin::command_line())
                .await
                .map_err(|error| refused(app, &error))?;
            println!("{link}");
            Ok(())
        }
        Command::List { json } => list(app, json).await,
        Command::Deactivate { email } => set_active(app, &email, false).await,
        Command::Reactivate { email } => set_active(app, &email, true).await,
        Command::RecoveryLink { email } => {
            let link = recovery_links::approve(app, &parse(&email)?, &Origin::command_line()).await.map_err(|error| refused(app, &error))?;
            println!("{link}");
            Ok(())
        }
    }
}

async fn list(app: &App, json: bool) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let page = users::list(app, after.as_ref()).await?;
        for user in &page {
            let state = if user.is_active() { "active" } else { "deactivated" };
            if json {
                let line = serde_json::json!({
                    "sub": user.subject, "email": user.email, "name": user.name, "role": user.role.to_string(), "state": state,
                });
                println!("{line}");
            } else {
                println!("{}\t{}\t{}\t{state}", user.email, user.name, user.role);
            }
        }
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.email.clone());
    }
}

async fn set_active(app: &App, email: &str, active: bool) -> Result<(), Failure> {
    let email = parse(email)?;
    let origin = Origin::command_line();
    let changed = if active { users::activate(app, &email, &origin).await } else { users::deactivate(app, &email, &origin).await };
    let changed = changed.map_err(|error| refused(app, &error))?;
    let state = if active { "active" } else { "deactivated" };
    println!("{email} {} {state}.", if changed { "is now" } else { "was already" });
    Ok(())
}

fn parse(email: &str) -> Result<Email, Failure> {
    Email::parse(email).ok_or_else(|| Failure::Refused(format!("{email:?} is not an email address")))
}

/// The same words that a page would say, and the cause, which whoever sits at the server may know.
fn refused(app: &App, error: &AppError) -> Failure {
    let words = app.templates().translate(&app.templates().negotiate(None), &format!("error-{}", error.code), &[]);
    Failure::Refused(format!("{words} ({error})"))
}
