//! The rings of keys across nodes: a box that names a key of another node's making opens as soon as this node has looked again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use weftid::base::id::KeyId;
use weftid::base::issuer::Issuer;
use weftid::base::sealed::{Fact, RootKey, Sealer, Unsealed};
use weftid::base::single_use::SingleUseId;
use weftid::store::key::{self, Ring};
use weftid::store::{Job, StoreError, Write};
use weftid_tests::on_both_databases;
use weftid_tests::provider::{ISSUER, Provider};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    text: String,
}

impl Fact for Note {
    const PREFIX: &'static str = "wt_";
}

/// What another node does that makes the next key of a ring.
struct AddKey(key::Model);

impl Job for AddKey {
    type Outcome = bool;

    async fn run(&self, write: &Write<'_>) -> Result<bool, StoreError> {
        key::insert_unless_there(write, self.0.clone()).await
    }
}

on_both_databases! {
    /// An unknown key id makes the node read its rings again before it refuses, at most once a second.
    async fn a_box_of_a_newer_key_opens_after_a_look(kind: Kind) {
        let provider = Provider::start(kind).await;
        let (id, root) = (KeyId::random(), [9; 32]);
        let elsewhere = Sealer::new(Issuer::parse(ISSUER).unwrap(), RootKey::new(id, root), vec![]);
        let name = SingleUseId::new(provider.clock.now().plus(Duration::from_mins(1)));
        let text = elsewhere.seal(name, &Note { text: "from the other node".to_owned() }, b"").unwrap();

        let sealed = provider.app.data_keys().seal("keys.sealed", id.as_bytes(), &root).unwrap();
        let row = key::Model { id, ring: Ring::Sealing, algorithm: "XChaCha20-Poly1305".to_owned(), number: 2, sealed, created_at: provider.clock.now() };
        assert!(provider.app.store().write(AddKey(row)).await.unwrap());

        let (too_soon, counted) = provider.counts(provider.app.open_box::<Note>(&text, b"")).await;
        assert_eq!(too_soon.unwrap_err(), Unsealed::UnknownKey(id));
        assert_eq!(counted.reads, 0, "strangers' boxes can't make the node read more than once a second");

        provider.clock.advance(Duration::from_secs(1));
        let (_, note) = provider.app.open_box::<Note>(&text, b"").await.unwrap();
        assert_eq!(note.text, "from the other node");
    }
}
