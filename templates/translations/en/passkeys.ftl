# Passkeys beyond the first: where they were used, copies, what is taken, the offer after a password.
passkey-last-used-from = last used { $when } from { $from }
passkey-suspected = Perhaps copied
    .title = “{ $name }” may have been copied.
    .detail = Security keys count how often they sign. { $when } this one counted backwards, as a copy of it would.
    .refused = It no longer signs you in.
    .allowed = It still signs you in.
    .advice = Revoke it and register a new passkey in its place; your device makes a fresh one.
error-passkey_suspected = This passkey may have been copied
    .detail = It no longer signs you in. Sign in another way, revoke it on Sign-in Methods, and register a new one.
error-passkey_not_allowed = This kind of passkey is not accepted here
    .detail = Choose another device or credential manager.
    .allow = Accepted: { $names }.
    .deny = Not accepted: { $names }.
    .proved = The device has to prove its make: if your browser asks, allow it to show make and model.
    .bound = The passkey must stay on its device, and not be synced.
