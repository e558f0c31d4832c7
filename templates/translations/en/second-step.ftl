### Signing in with a password, and the second step after it.

password = Password
use-password = Use a password instead
sign-in-password = Sign in with the password
continue-to = Continue to { $client }
second-step-totp = Enter your code
    .detail = Open your authenticator app, and type the six digits that it shows for this account.
    .other = Use a backup code instead
second-step-backup-code = Enter a backup code
    .detail = Take one that you haven’t used yet from the sheet you saved. Each code works once.
    .label = Backup code
    .other = Use the authenticator app instead
backup-code-used = You used a backup code
    .detail = You are signed in. That code doesn’t work any more: cross it out.
    .mend = Set up what you were missing, or make new codes, before you run out.
backup-codes-left = { $count ->
    [0] You have no backup code left.
    [one] You have one backup code left.
   *[other] You have { $count } backup codes left.
}

## How long to wait
try-again-in-seconds = You can try again in { $count ->
    [one] a second
   *[other] { $count } seconds
}.
try-again-in-minutes = You can try again in { $count } minutes.
try-again-in-hours = You can try again in { $count } hours.
try-again-in-days = You can try again in { $count } days.

## What went wrong
error-sign_in_wrong = That didn’t work
    .detail = The email and the password don’t fit together. Check both, or use your passkey.
error-backup_code_wrong = This code doesn’t work
    .detail = It may be mistyped, or used already. Check it, or take another one.
error-sign_in_over = Please start again
    .detail = The code came too late, or there were too many wrong ones. Nothing is lost: sign in once more.
error-password_invalid = That was not right
    .detail = Check what you typed, and try again.
error-code_invalid = That code was not right
    .detail = Wait for the next code of your app, and check that the clock of its device is right. Each code works once.
error-second_step_over = Please start again
    .detail = The code came too late, or there were too many wrong ones. Begin with your password.
