//! Connected applications, as the person sees them whom they are connected to: what each may know, since when, and when it was used.
//!
//! An application is connected while there is a consent for it, or a living grant, which one that an administrator trusts has without a consent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::actions::sessions;
use crate::app::App;
use crate::base::clock::Time;
use crate::base::id::{ClientId, SessionId};
use crate::protocol::extent::Extent;
use crate::store::client::Client;
use crate::store::reads::session_and_user::SessionAndUser;
use crate::store::{StoreError, consent, grant};

/// An application that knows something about a person.
#[derive(Clone, Debug)]
pub struct ConnectedApp {
    /// Which.
    pub client: Arc<Client>,
    /// What it may know and do.
    pub extent: Extent,
    /// Since when, as far as that is remembered.
    pub since: Time,
    /// When it was last given or renewed anything.
    pub last_used_at: Option<Time>,
    /// Whether it goes on when the person is away.
    pub offline: bool,
    /// Whether the person was asked; else an administrator trusts it.
    pub was_asked: bool,
}

#[derive(Default)]
struct Found {
    extent: Extent,
    since: Option<Time>,
    offline: bool,
    was_asked: bool,
}

impl Found {
    fn add(&mut self, extent: &Extent, since: Time) {
        self.extent = self.extent.union(extent);
        self.since = Some(self.since.map_or(since, |before| before.min(since)));
    }
}

/// The applications that are connected to whoever is signed in `here`, those that were used last first. Four reads.
pub async fn of(app: &App, here: &SessionAndUser) -> Result<Vec<ConnectedApp>, StoreError> {
    let user = &here.user;
    let mut found: BTreeMap<ClientId, Found> = BTreeMap::new();
    for consent in consent::of_user(app.store(), user.id).await? {
        let entry = found.entry(consent.client_id.clone()).or_default();
        entry.add(&consent.extent(), consent.given_at);
        entry.was_asked = true;
    }
    let open: BTreeSet<SessionId> = sessions::of(app, here).await?.into_iter().map(|session| session.id).collect();
    for grant in grant::standing_of(app.store(), user.id, app.epoch(), user.security_epoch, app.now()).await? {
        if grant.offline || open.contains(&grant.session_id) {
            let entry = found.entry(grant.client_id.clone()).or_default();
            entry.add(&grant.extent(), grant.created_at);
            entry.offline |= grant.offline;
        }
    }
    let usage: BTreeMap<ClientId, grant::Used> =
        grant::used_by(app.store(), user.id).await?.into_iter().map(|usage| (usage.client_id.clone(), usage)).collect();
    let view = app.view();
    let connected = |(id, found): (ClientId, Found)| {
        let usage = usage.get(&id);
        let since = found.since?;
        Some(ConnectedApp {
            client: Arc::clone(view.client(&id)?),
            extent: found.extent,
            since: usage.map_or(since, |usage| usage.first_at.min(since)),
            last_used_at: usage.map(|usage| usage.last_at),
            offline: found.offline,
            was_asked: found.was_asked,
        })
    };
    let mut apps: Vec<ConnectedApp> = found.into_iter().filter_map(connected).collect();
    apps.sort_by_key(|app| std::cmp::Reverse(app.last_used_at.unwrap_or(app.since)));
    Ok(apps)
}

/// The clients that whoever is signed in `here` used, the last one first, and when that was. One read.
pub async fn used_lately(app: &App, here: &SessionAndUser) -> Result<Vec<(Arc<Client>, Time)>, StoreError> {
    let view = app.view();
    let mut used: Vec<(Arc<Client>, Time)> = grant::used_by(app.store(), here.user.id)
        .await?
        .into_iter()
        .filter_map(|used| Some((Arc::clone(view.client(&used.client_id)?), used.last_at)))
        .filter(|(client, _)| client.is_enabled())
        .collect();
    used.sort_by_key(|(_, last_at)| std::cmp::Reverse(*last_at));
    Ok(used)
}
