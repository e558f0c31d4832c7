// Tells the browser's credential managers which passkeys of the person who is signed in are good here, and what the account is called, so that
// a revoked one vanishes there and a new name is shown (WebAuthn Level 3 §5.1.10.3, §5.1.10.4). Nobody waits for it, and nothing comes back.

const { rpId, userId, name, displayName, credentials, mayBeNone } = document.querySelector('meta[name="passkeys"]').dataset;

/** Browsers that don't know the method do without it; what it was told is nothing to complain about on this page. */
const tell = (method, facts) => window.PublicKeyCredential?.[method]?.(facts).catch(() => {});

const allAcceptedCredentialIds = credentials.split(" ").filter(Boolean);
// What is missing from the list is hidden or deleted: an empty one is told only where the last passkey was revoked on purpose.
if (allAcceptedCredentialIds.length > 0 || mayBeNone !== undefined) {
  tell("signalAllAcceptedCredentials", { rpId, userId, allAcceptedCredentialIds });
}
tell("signalCurrentUserDetails", { rpId, userId, name, displayName });
