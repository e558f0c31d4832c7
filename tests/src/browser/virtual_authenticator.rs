//! Chromium's virtual authenticator (the `WebAuthn` domain): a passkey's device without hardware, behind the browser's real code.

use serde_json::{Value, json};

use super::page::Page;

/// What kind of device is plugged in.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whether it can check the user at all (UV).
    pub has_user_verification: bool,
    /// Whether that check succeeds.
    pub verifies_user: bool,
    /// Whether it answers without being touched; off, a call stays pending.
    pub is_present: bool,
    /// Whether its credentials are synced (BE and BS).
    pub synced: bool,
    /// Whether it is built in (`internal`) or plugged in (`usb`).
    pub built_in: bool,
}

impl Default for Options {
    /// A phone or laptop: built in, synced, checks the user, answers at once.
    fn default() -> Self {
        Self { has_user_verification: true, verifies_user: true, is_present: true, synced: true, built_in: true }
    }
}

/// A virtual authenticator in one window.
pub struct VirtualAuthenticator {
    page: Page,
    id: String,
}

impl VirtualAuthenticator {
    pub(super) async fn plug_in(page: &Page, options: Options) -> Self {
        page.call("WebAuthn.enable", json!({"enableUI": false})).await;
        let options = json!({"options": {
            "protocol": "ctap2", "ctap2Version": "ctap2_1",
            "transport": if options.built_in { "internal" } else { "usb" },
            "hasResidentKey": true,
            "hasUserVerification": options.has_user_verification, "isUserVerified": options.verifies_user,
            "automaticPresenceSimulation": options.is_present,
            "defaultBackupEligibility": options.synced, "defaultBackupState": options.synced,
        }});
        let answer = page.call("WebAuthn.addVirtualAuthenticator", options).await;
        Self { page: page.clone(), id: answer["authenticatorId"].as_str().expect("an authenticator has an id").to_owned() }
    }

    /// The credentials it holds, with their private keys, as Chromium shows them.
    pub async fn credentials(&self) -> Vec<Value> {
        let answer = self.page.call("WebAuthn.getCredentials", json!({"authenticatorId": self.id})).await;
        answer["credentials"].as_array().cloned().unwrap_or_default()
    }

    /// Puts a credential in that another authenticator showed: the same passkey in another window.
    pub async fn takes(&self, credential: &Value) {
        self.page.call("WebAuthn.addCredential", json!({"authenticatorId": self.id, "credential": credential})).await;
    }

    /// From now on the check of the user succeeds, or fails.
    pub async fn verifies_user(&self, verifies: bool) {
        self.page.call("WebAuthn.setUserVerified", json!({"authenticatorId": self.id, "isUserVerified": verifies})).await;
    }

    /// From now on it answers without being touched, or leaves calls pending.
    pub async fn is_present(&self, present: bool) {
        self.page.call("WebAuthn.setAutomaticPresenceSimulation", json!({"authenticatorId": self.id, "enabled": present})).await;
    }

    /// Forgets all its credentials.
    pub async fn forgets(&self) {
        self.page.call("WebAuthn.clearCredentials", json!({"authenticatorId": self.id})).await;
    }

    /// Unplugs it.
    pub async fn is_unplugged(self) {
        self.page.call("WebAuthn.removeVirtualAuthenticator", json!({"authenticatorId": self.id})).await;
    }
}
