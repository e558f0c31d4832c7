### What pages say. Sentence case; short, active, no jargon; "sign in" and "sign out" everywhere.

## Everywhere
skip-to-content = Skip to content
email = Email
your-name = Your name
continue = Continue
cancel = Cancel
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
passkey-stop = Stop
passkey-dismissed = No passkey was used.
    .detail = Nothing is lost: you can try again whenever you like.
passkey-unsupported = This browser can’t use passkeys.
    .detail = Open this page in a recent browser, or on your phone.
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
dashboard-intro = Everything you can open, and how you sign in.
dashboard-apps = Applications
    .detail = One touch, and you are in each of them.
dashboard-no-apps = No applications yet
    .detail = As soon as an administrator gives you access to one, it appears here, ready to open.
nudge-second-passkey = One passkey is a single point of failure.
    .detail = Register a second one in another place, for example a security key that you keep in a drawer.

## Consent
consent-heading = Share this with { $client }?
consent-for = { $brand } · access for
consent-hint = { $client } sees nothing else, and never your passkey.
allow = Allow
scope-openid = Who you are
    .detail = That it is you, under an identifier
scope-profile = Your profile
    .detail = Your name
scope-email = Your email address
    .detail = The address, and whether it is confirmed
scope-phone = Your phone number
    .detail = The number, and whether it is confirmed
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
