//! The first start: one link by which whoever holds it becomes the first administrator. There are no default credentials (C-ADM-01).

use crate::actions::audit::{Event, Origin};
use crate::actions::one_time_links::{self, Purpose};
use crate::app::App;
use crate::base::clock::Time;
use crate::store::one_time_link::LinkKind;
use crate::store::user::Role;
use crate::store::{Job, StoreError, Write, horizon, one_time_link, user};

struct MakeLink {
    link: one_time_link::Model,
    now: Time,
}

impl Job for MakeLink {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        // Two nodes that start at once would both leave a link that works.
        horizon::hold(write).await?;
        if user::is_anybody_here(write).await? {
            return Ok(false);
        }
        one_time_link::withdraw(write, LinkKind::Setup, None, self.now).await?;
        one_time_link::insert(write, self.link.clone()).await?;
        Event::new("setup_link_made", &Origin::system()).detail("link", self.link.id.to_string()).record(write, self.now).await?;
        Ok(true)
    }
}

/// The address by which somebody becomes the first administrator, while there is nobody. Addresses handed out before stop working.
pub async fn link(app: &App) -> Result<Option<String>, StoreError> {
    let lifetime = app.config().lifetimes.setup_link;
    let (link, address) =
        one_time_links::new(app, Purpose { kind: LinkKind::Setup, about: None, email: None, name: None, role: Role::SuperAdmin, lifetime });
    let made = app.store().write(MakeLink { link, now: app.now() }).await?;
    Ok(made.then_some(address))
}
