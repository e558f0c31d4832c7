### What pages say. Sentence case; short, active, no jargon; "sign in" and "sign out" everywhere.

## Everywhere
skip-to-content = Skip to content
email = Email
your-name = Your name
continue = Continue
cancel = Cancel
save = Save
or = or
terms = Terms
privacy = Privacy
not-you = Not you?
copy = Copy
copied = Copied
download = Download
print = Print

## Moments
month-name = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
    [12] December
   *[other] { $month }
}
moment-today = today at { $time }
moment-yesterday = yesterday at { $time }
moment-this-year = { $day } { month-name }
moment-date = { $day } { month-name } { $year }
moment-full = { $day } { month-name } { $year }, { $time } { $zone }

## The rail of the house
nav-label = Account
nav-dashboard = Dashboard
nav-sign-in-methods = Sign-in Methods

## Sign in
sign-in = Sign in
sign-in-again = Welcome back
sign-in-for = { $brand } · to continue to
sign-in-passkey = Sign in with a passkey
cancel-to = Cancel and return to { $client }

## Passkeys
passkeys = Passkeys
    .detail = A passkey is all you need to sign in: no password, no code.
create-passkey = Create a passkey
passkey-again = Try the passkey again
passkey-waiting = Waiting for your device …
    .detail = Follow your browser’s prompt.
passkey-confirming = First, show that it is you …
    .detail = Use a passkey that you have already.
passkey-stop = Stop
passkey-dismissed = No passkey was used.
    .detail = Nothing is lost: you can try again whenever you like.
    .or-password = Nothing is lost: try again, or use your password.
passkey-unsupported = This browser can’t use passkeys.
    .detail = Open this page in a recent browser, or on your phone.
    .or-password = Use your password, or open this page in a recent browser.
passkey-unreachable = We couldn’t reach the server.
    .detail = Check your connection, then try again.
passkey-needs-script = Passkeys need JavaScript.
    .detail = Allow it for this page, then reload.
passkey-synced = Synced
passkey-one-device = On one device
passkey-added = Added { $when }
passkey-last-used = last used { $when }
passkey-never-used = never used yet
passkeys-synced-hint = A synced passkey is as safe as the account that syncs it: protect that account with its own strong second step.
about-passkeys = What is a passkey?
    .detail = Your fingerprint, your face or the PIN of your device. There is nothing to remember, nothing to type and nothing anyone could steal from us.
    .safe = Your device keeps the secret half to itself, and only ever uses it on this site. A look-alike site gets nothing.

## Sign-in Methods
sign-in-methods-intro = How you prove that you are you.
register-passkey = Register a new passkey
    .detail = Your browser decides which credential manager keeps it. To choose another one, cancel its prompt and look there for “Use another device”.
passkeys-full = You have { $most } passkeys, as many as one account can have. Revoke one to register another.
passkey-rename = Rename
    .label = Rename { $name }
passkey-revoke = Revoke
    .label = Revoke { $name }
no-passkey = Nobody can sign in to this account any more.
    .detail = Register a new passkey now, before you leave this page.
news-renamed = The passkey has its new name.
news-revoked = The passkey is revoked.
    .remaining = You can still sign in with
rename-passkey-title = Rename a passkey
rename-passkey-new = Your new passkey works
    .detail = Give it a name by which you know it later.
passkey-name = Name of the passkey
    .hint = Name it by what keeps it, not by the device: a synced passkey is on your other devices too.
    .good = Good: “iCloud Keychain”, “YubiKey 5”, “Windows Hello on my work laptop”.
    .bad = Not great: “iPhone 15 Pro”.
keep-name = Not now
revoke-passkey-title = Revoke a passkey
revoke-passkey-heading = Revoke “{ $name }”?
revoke-passkey-intro = It stops working at once, and wherever you signed in with it, you are signed out. In this browser you stay signed in. This can’t be undone.
revoke-passkey-remaining = You can still sign in with:
revoke-passkey-last = This is your last passkey.
    .detail = Without it there is no way to sign in as { $account }: you lose the account, and everything you open with it, as soon as you are signed out here.
    .yes = I understand that I can’t sign in any more
revoke-passkey-keep = Keep it
confirm-title = Is it still you?
confirm-intro = You signed in a while ago. Before anything changes in how you sign in, show once more that it is you.
confirm-passkey = Confirm with a passkey

## Set-up
setup-title = Set up
setup-heading = Set up { $brand }
setup-intro = You are the first person here, so you become the first administrator. You sign in with a passkey; there is no password.
setup-email-hint = You will sign in with this address.

## Invitation
invitation-title = Your invitation
invitation-heading = Welcome to { $brand }
invitation-by = { $inviter } invites you.
invitation-intro = Create a passkey, and from then on one touch signs you in. There is no password.
invitation-email-hint = The invitation is for this address. You will sign in with it.

## Backup codes
backup-codes = Backup codes
    .last-resort = The last resort if every device is lost.
backup-codes-saved-at = Saved { $when }
backup-codes-not-saved = Not saved yet
backup-codes-heading = Save your backup codes
backup-codes-intro = If you ever lose every device, these codes are the last way back in. They are shown only now.
backup-codes-account = Account
backup-codes-issuer = For
backup-codes-made = Made
backup-codes-keep = Keep the codes
backup-codes-file = backup-codes
backup-codes-use = Each code works once. Keep them away from your devices: on paper, or in a safe place.
backup-codes-saved = I have saved them

## Dashboard
dashboard-hello = Hello, { $name }
dashboard-intro = Everything you can open, and what needs you.
dashboard-apps = Applications
    .detail = One touch, and you are in each of them.
dashboard-more = { $count ->
    [1] One more application is not shown here. Open it where you know it from.
   *[other] { $count } more applications are not shown here. Open them where you know them from.
}
dashboard-no-apps = No applications yet
    .detail = As soon as an administrator gives you access to one, it appears here, ready to open.
nudge-second-passkey = One passkey is a single point of failure.
    .detail = Register a second one with a different credential manager, for example on a security key that you keep in a drawer.
    .link = Register a second passkey

## Consent
refused-heading = { $client } can’t sign you in like this
refused-intro = What the application asked for is not right, so nothing was done.
refused-unverified = Nobody here has looked at it. Go back only if you know { $host }.
form-post-heading = Back to { $client }
form-post-intro = Your browser takes the answer there by itself. If nothing happens, continue with the button.
consent-heading = Share this with { $client }?
consent-for = { $brand } · access for
consent-claims = Single details
consent-resources = Use these services in your name
claim-email = Email address
claim-address = Postal address
claim-zoneinfo = Time zone
claim-email_verified = Whether your email address is confirmed
claim-phone_number_verified = Whether your phone number is confirmed
claim-updated_at = When your profile last changed
consent-hint = { $client } sees nothing else, and never your passkey.
consent-unverified = Unverified: this application registered itself.
    .detail = Nobody here has looked at it, and it chose its name. What you allow goes to { $host }.
allow = Allow
scope-openid = Who you are
    .detail = That it is you, under an identifier
scope-profile = Your profile
    .detail = Your name, and whatever else you say about yourself there
scope-email = Your email address
    .detail = The address, and whether it is confirmed
scope-phone = Your phone number
    .detail = The number that your profile says
scope-address = Your postal address
    .detail = Street, city, country
scope-offline_access = Access while you are away
    .detail = Until you take it back
scope-unknown = A permission that the application has defined itself

## Sign out
sign-out = Sign out
sign-out-for = { $brand } · you came from
sign-out-heading = Sign out of { $brand }?
sign-out-intro = You leave your account in this browser. To open your applications again, you sign in with your passkey.
sign-out-asked = { $client } asks to sign you out. You leave your account in this browser, not only the application.
stay = Stay signed in
signed-out = You are signed out
    .detail = On a shared device, it is good to close the browser too.
sign-in-again-link = Sign in again
back-to = Back to { $client }
