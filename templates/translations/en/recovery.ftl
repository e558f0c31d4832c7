### Coming back without any passkey, and another address for one's account.

## Recovery
lost-passkeys = Lost your passkeys?
recover-title = Get back in
recover-ask = Lost every passkey?
    .detail = We mail you a link. With it and one of your backup codes you register a new passkey.
recover-send = Send me the link
recover-back = Back to sign-in
recover-sent = Look into your mailbox
    .detail = If there is an account with this address, a mail with a link is on its way to it. The link works once, within { $minutes } minutes.
    .codes = Have one of your backup codes ready.
    .nothing = No mail? Look into your spam folder, or try the address that you registered with. An older link stops working when you ask for a new one.
recover-code = Enter a backup code
    .detail = One of the codes that you saved when you came aboard. It is used up once your new passkey works, and not before.
    .label = Backup code
    .hint = Capitals, spaces and hyphens don’t matter.
recover-without = I have no backup code
    .detail = Ask your administrator. Once they know that it is you, they can make a link for you that needs no code.
recover-no-codes = There is no backup code left
    .detail = The link is good, but it takes a backup code as well, so that a mailbox alone opens nothing. This account has none that could still be used.
recover-passkey = Register a new passkey
    .detail = This is the last step: from then on you sign in with it.
recover-ends = Everything else is signed out.
    .detail = Whoever has your lost device is out: all other browsers and applications are. Your other ways to sign in stay as they are until you revoke them.
news-recovered = You are back in.
    .detail = Now revoke the passkeys that you lost, and make new backup codes: one was used up, and the old list may be lost too.

error-recovery_unproved = Enter the backup code again
    .detail = That took too long, or began in another browser. No code was used up.
error-backup_code_invalid = This code doesn’t work
    .detail = It was mistyped, used before, or replaced by newer ones.
error-backup_code_used = This code was used a moment ago
    .detail = Nothing was changed. Enter another one.

## Another address
change-email-title = Email address
change-email-intro = You sign in with it, and what concerns your account is sent there.
change-email-news-sent = A mail is on its way to the new address. Open the link in it, in this browser, and the change is made.
change-email-news-cancelled = Your address stays as it is.
change-email-news-changed = This is your address from now on.
change-email-now = Your address
    .detail = You sign in with this address.
change-email-waiting = Not confirmed yet; its link works until { $when }.
change-email-cancel = Don’t change
change-email-new = New address
    .hint = We send a link there. Your old address is told as well.
change-email-send = Send the link
change-email-back = Back to the profile
confirm-email-title = Change your address?
confirm-email-intro = From then on you sign in with the new address, and mail goes there.
confirm-email-from = Until now
confirm-email-to = From now on
confirm-email-hint = The old address is told, and can take it back.
confirm-email-yes = Change it

error-email_unchanged = This is your address already
    .detail = Enter another one, or go back.

## Mails about all this
notice-recovery_link_made = Whoever looks after this service made a link by which you can register a new passkey without a backup code. They hand it to you themselves; it is not in this mail.
    .subject = A link into your { $brand } account was made
notice-address_change_asked = Your account is to get another address: { $name }. The change is made once the link that was sent there is opened.
    .subject = Your { $brand } account is to get another address
notice-address_wanted = Somebody wanted to give this address to another account. It is the address of yours, so nothing was changed. Was it you? Then sign in here with this address, or use another one there.
    .subject = Your address was given for another { $brand } account
