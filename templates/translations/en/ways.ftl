### Password, authenticator app, backup codes, and showing that it is still you.

## Everywhere
keep-it = Keep it
others-stay = Stay signed in elsewhere
    .detail = Otherwise you are signed out everywhere but here.
confirm-stronger = You signed in with less than a passkey. Before anything changes in how you sign in, use the passkey.
confirm-code-intro = Your password is right. Now the code from your authenticator app.
confirmed-title = Thank you, it is you
confirmed-intro = Now for what you were about to do.

## Password
your-password = Your password
own-password = Password
    .detail = Another way in, for where you have no passkey at hand.
password-none = No password
    .detail = You need none as long as you have passkeys.
password-set = Set a password
password-change = Change
    .label = Change the password
password-remove = Remove
    .label = Remove the password
password-set-at = Set { $when }
way-last-used = last used { $when }
way-never-used = never used yet
password-set-title = Set a password
password-change-title = Change your password
password-set-intro = A password can be given away by mistake, a passkey can’t. Use one that you use nowhere else, and let your password manager make it up.
password-current = Current password
password-new = New password
password-hint = At least { $least } characters, at most { $longest }. A few words in a row are fine; no digits or signs are needed.
password-length = Length so far
password-show = Show
password-hide = Hide
password-remove-title = Remove the password
password-remove-heading = Remove your password?
password-remove-intro = It stops working at once.
password-remove-totp = Your authenticator app only ever confirms the password, so it is switched off too.
password-remove-last = This is your last way in.
    .detail = Without it there is no way to sign in as { $account }: you lose the account, and everything you open with it, as soon as you are signed out here.
news-password-set = You have a password now.
news-password-changed = The password is changed.
news-password-changed-everywhere = The password is changed.
    .detail = Everywhere but here you are signed out.
news-password-removed = The password is removed.

## Authenticator app
totp = Authenticator app
    .detail = A code from your phone, asked after the password. A passkey needs none.
totp-needs-password = It confirms a password, and you have none. With passkeys you need neither.
totp-none = No authenticator app
    .alone = The password alone opens your account.
totp-set-up = Set up
    .label = Set up an authenticator app
totp-replace = Replace
    .label = Replace the authenticator app
totp-off = Switch off
    .label = Switch off the authenticator app
totp-set-at = Set up { $when }
totp-title = Authenticator app
totp-heading = Set up an authenticator app
totp-heading-replace = Set up another authenticator app
totp-replaces = It takes the place of the one you have.
    .detail = Until you confirm it, that one keeps working.
totp-scan = Point the camera of your authenticator app here.
totp-picture = QR code for your authenticator app
totp-by-hand = No camera?
    .detail = Type this key into the app. It stands for codes of 6 digits that change every 30 seconds.
totp-account = Account:
totp-code = Code from the app
totp-confirm = Confirm
totp-off-title = Switch off the authenticator app
totp-off-heading = Switch off your authenticator app?
totp-off-means = Then the password alone opens your account.
    .detail = Whoever learns it can sign in as { $account }. Its entry in the app is worthless from then on; delete it there.
totp-guards = Your password is too short to be alone.
    .detail = With the app it is good enough; without it the password alone would open your account. Choose one with at least { $least } characters first, then switch the app off.
news-totp-added = Your authenticator app is set up.
    .detail = From now on it is asked after the password.
news-totp-replaced = The new authenticator app counts from now on.
    .detail = Delete the old entry from the app.
news-totp-removed = The authenticator app is switched off.

## Backup codes
codes-left = { $left ->
    [0] None left
    [one] 1 left
   *[other] { $left } left
}
codes-used-at = One used { $when }
codes-few = You are running out of backup codes.
    .detail = Make new ones while you can still get in.
codes-regenerate = Make new ones
    .label = Make new ones: backup codes
codes-regenerate-title = New backup codes
codes-regenerate-heading = Make new backup codes?
codes-regenerate-intro = { $left ->
    [0] You get ten new ones, shown once, to be saved.
    [one] The one that is left stops working at once. You get ten new ones, shown once, to be saved.
   *[other] The { $left } that are left stop working at once. You get ten new ones, shown once, to be saved.
}
codes-keep = Keep them

## What remains
remains-password = Your password
remains-password-totp = Your password and your authenticator app
remains-by-password = You can still sign in with your password.
remains-by-password-totp = You can still sign in with your password and your authenticator app.
no-passkey-yet = You sign in without a passkey.
    .detail = Register one: it is safer than any password, and takes one touch.

## Errors
error-password_wrong = That was not right
    .detail = Check your password, and try again.
error-password_current_wrong = The current password is not right
    .detail = Nothing was changed. Type the one that you sign in with now.
error-password_too_short = This password is too short
    .detail = A few words in a row are long enough, and easy to remember.
error-password_too_long = This password is too long
    .detail = Use at most 256 characters.
error-password_weak = This password is too easy to guess
    .detail = It is one that many people use, follows a pattern, or is made of your name or ours. A few words that don’t belong together are better.
error-password_breached = This password was in a data breach
    .detail = It stands in lists that are used to break into accounts. Choose another one, and change it wherever you use it.
error-password_not_allowed = Passwords are switched off here
    .detail = Everybody signs in with a passkey.
error-totp_not_confirmed = That code was not right
    .detail = Type the six digits that the app shows now for this account. If it shows none, scan the picture again.
error-totp_needs_password = An authenticator app needs a password
    .detail = It confirms a password, and you have none. Set one first; with passkeys you need neither.
error-totp_guards_password = Your password is too short to be alone
    .detail = Nothing was switched off. Without the authenticator app the password alone would open your account: choose a longer one first.
error-enrolment_expired = That took too long
    .detail = Begin again to set up the authenticator app: the picture is another one then.
error-confirm_expired = That took too long
    .detail = Go back to Sign-in Methods and try again.
error-confirm_with_passkey = Use your passkey for this
    .detail = You have a passkey, and changes to how you sign in need it.
error-confirm_impossible = You have nothing left to show that it is you
    .detail = Sign out and use the recovery of your account, or ask your administrator.
error-last_way = This is your last way in
    .detail = Nothing was removed. Without it nobody could sign in to this account; register a passkey first.
