//! `weftid mail`: try out whether mail arrives.

use clap::Subcommand;

use crate::actions::delivery;
use crate::adapters::mail::Sent;
use crate::app::App;
use crate::base::email::Email;
use crate::cli::Failure;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a test mail, wait for what the server says, and say it.
    Test {
        /// The address it goes to.
        address: String,
    },
}

pub(super) async fn run(app: &App, command: Command) -> Result<(), Failure> {
    let Command::Test { address } = command;
    let to = Email::parse(&address).ok_or_else(|| Failure::Refused(format!("{address:?} is not an email address")))?;
    let settings = &app.config().mail;
    let way = app.mailer().describe(settings);
    match delivery::try_out(app, &to).await {
        Ok(Sent::Taken) => {
            println!("{way} took a test mail to {to}, from {}. Whether it arrives, the mailbox tells.", settings.from);
            Ok(())
        }
        Ok(Sent::Kept(path)) => {
            println!("No mail server is configured (mail.host), so the test mail is a file: {}", path.display());
            Ok(())
        }
        Err(error) => Err(Failure::Refused(format!("the test mail to {to} was not sent by way of {way}: {error}"))),
    }
}
