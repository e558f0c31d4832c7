//! `weftid serve`: run the provider.

use crate::actions::setup;
use crate::app::App;
use crate::base::clock::Clock;
use crate::cli::{Failure, start_log};
use crate::config::Config;
use crate::server::{self, Listeners};

pub(super) async fn run(config: Config) -> Result<(), Failure> {
    start_log(config.log.format, &config.log.filter);
    let bind = config.http.bind;
    let app = App::open(config, Clock::system()).await?;
    let listeners = Listeners::bind(app.config()).await.map_err(|error| Failure::Refused(error.to_string()))?;
    let tls = app.config().tls.as_ref().map(|tls| tracing::field::display(tls.bind));
    tracing::info!(issuer = app.config().issuer.as_str(), %bind, tls, "ready");
    if let Some(link) = setup::link(&app).await? {
        // To standard output, not to the log: whoever opens it becomes the administrator.
        println!("Nobody has an account yet. Make the first administrator here (works once, for {}):\n{link}", in_words(&app));
    }
    server::serve(app, listeners, server::asked_to_end()).await?;
    Ok(())
}

fn in_words(app: &App) -> String {
    let minutes = app.config().lifetimes.setup_link.as_secs() / 60;
    if minutes.is_multiple_of(60) { format!("{} hours", minutes / 60) } else { format!("{minutes} minutes") }
}
