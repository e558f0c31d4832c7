### Sessions, connected apps, activity, and what the dashboard says about them.

nav-sessions = Sessions
nav-apps = Connected apps
nav-activity = Activity

device-on-system = { $browser } on { $system }
device-unknown = Unknown device

## Sessions
sessions-intro = Every browser in which you are signed in.
sessions-where = Where you are signed in
    .detail = The network is what the internet shows of it. Where on earth that is, we don’t ask anybody.
session-this = This one
session-started = Started { $when }
session-seen = last seen { $when }
session-network = Network { $network }
opened-with-passkey = Passkey “{ $name }”
opened-with-revoked-passkey = A passkey that was revoked since
opened-with-password = Password
opened-with-password-and-code = Password and code
end-session = End
    .label = End the session of { $device }
end-other-sessions = End all other sessions
sessions-most = You can be signed in in { $most } browsers at the same time. With one more, the one you did not use for the longest time is signed out.
news-session-ended = The session has ended.
news-other-sessions-ended = All other sessions have ended.

## Connected apps
apps-intro = What you let applications see, and how to take it back.
apps-connected = Applications with access
    .detail = They got it when you signed in to them.
apps-none = Nothing is connected
    .detail = As soon as you sign in to an application, it appears here, with what it may see of you.
app-offline = Also while you are away
app-trusted = Trusted by an administrator
app-sees = It sees
app-since = Since { $when }
app-last-used = Last used { $when }
app-open = Open
    .label = Open { $name }
app-revoke = Revoke
    .label = Revoke the access of { $name }
revoke-app-title = Revoke access
revoke-app-heading = Revoke the access of { $client }?
revoke-app-intro = { $client } gets nothing more about you from us, at once, also where it works while you are away.
revoke-app-again = You can sign in to it again at any time: then it asks you first.
revoke-app-trusted = An administrator trusts it, so that it is connected again, without a question, when you sign in to it the next time.
revoke-app-keeps = What { $client } has learned already stays there: to have that deleted, ask whoever runs it.
news-app-revoked = The access is revoked.
    .detail = The application gets nothing more from us.

## Activity
activity-intro = What happened around your account. If something here wasn’t you, end your sessions and look through your Sign-in Methods.
activity-filter = What to show
activity-events = Events
activity-about-all = Everything
activity-about-sign-ins = Sign-ins
activity-about-changes = Changes
activity-about-apps = Applications
activity-none = Nothing yet
    .detail = What happens around your account is listed here.
activity-older = Older
activity-by-operator = by whoever runs this server
activity-some-client = an application
activity-some-passkey = a passkey that is not here any more
activity-other = Something about your account changed
activity-signed_in = { $why ->
    [passkey] You signed in with { $passkey }
    [password] You signed in with your password
    [password-and-authenticator-app] You signed in with your password and your authenticator app
    [password-and-backup-code] You signed in with your password and a backup code
   *[other] You signed in
}
activity-sign_in_failed = A sign-in failed
activity-confirmed = { $why ->
    [passkey] You confirmed that it is you, with { $passkey }
   *[other] You confirmed that it is you, with your password
}
activity-confirmation_failed = A confirmation that it is you failed
activity-account_chosen = You switched to this account
activity-session_ended = { $why ->
    [signed_out] You signed out
    [signed_out_at_a_client] An application signed you out
    [ended_by_owner] You ended a session
    [too_many_accounts] A session ended, because too many accounts were signed in in that browser
    [too_many_sessions] A session ended, because you had too many
    [too_old] A session ended, because you had been signed in for long
    [not_used] A session ended, because nobody used it
   *[other] A session ended
}
activity-sessions_ended = { $why ->
    [ended_by_owner] You ended all other sessions
    [passkey_revoked] The sessions that a revoked passkey had opened ended
    [deactivated] All your sessions ended
   *[other] Several sessions ended
}
activity-user_created = Your account was made
activity-user_activated = Your account was activated
activity-user_deactivated = Your account was deactivated
activity-passkey_registered = You registered { $passkey }
activity-passkey_registration_failed = Registering a passkey failed
activity-passkey_renamed = You renamed { $passkey }
activity-passkey_revoked = A passkey was revoked
activity-passkey_counter_went_back = The counter of { $passkey } went back: there may be a copy of it
activity-backup_codes_made = New backup codes were made
activity-backup_codes_acknowledged = You said that you saved your backup codes
activity-password_refused = A password was refused
activity-second_step_refused = A code was refused, after the right password
activity-backup_codes_discarded = Your backup codes were discarded
activity-backup_code_used = A backup code was used
activity-password_set = You set a password
activity-password_changed = You changed your password
activity-password_removed = You removed your password
activity-totp_added = You added an authenticator app
activity-totp_replaced = You replaced your authenticator app
activity-totp_removed = You removed your authenticator app
activity-profile_changed = You changed your profile
activity-email_change_asked = You asked for another email address
activity-email_change_cancelled = The change of your email address was cancelled
activity-email_change_failed = The change of your email address failed
activity-email_changed = Your email address changed
activity-not_me = Somebody said “This wasn’t me”, by a link in a mail to you
activity-passkey_unfrozen = The passkey that was frozen was said to be yours, and signs in again
activity-backchannel_logout_given_up = { $client } could not be told that a session had ended
activity-mail_given_up = A mail to you could not be delivered
activity-recovery_link_made = Somebody asked for a way back into your account
activity-recovery_failed = An attempt to recover your account failed
activity-recovered = Your account was recovered
activity-consent_given = You let { $client } see what it asked for
activity-consent_denied = You didn’t let { $client } see what it asked for
activity-app_disconnected = You revoked the access of { $client }
activity-tokens_issued = You signed in to { $client }
activity-grant_revoked = { $client } gave its access back
activity-code_reused = Somebody used a sign-in to { $client } twice; its access was revoked
activity-refresh_token_reused = Somebody used an old key of { $client }; its access was revoked

## Dashboard
dashboard-lately = Used lately
needs-suspected-passkey = There may be a copy of your passkey “{ $name }”.
    .detail = It answered in a way that only a copy would. If that surprises you, revoke it.
    .link = Look at your passkeys
needs-frozen-passkey = Your passkey “{ $name }” is frozen.
    .detail = Somebody said that it is not yours. It signs nobody in.
    .link = Look at your passkeys
needs-frozen-password = Your password is frozen.
    .detail = Somebody said that it is not yours. It signs nobody in.
    .link = Look at your Sign-in Methods
needs-frozen-totp = Your authenticator app is frozen.
    .detail = Somebody said that it is not yours. Its codes count no more.
    .link = Look at your Sign-in Methods
needs-unverified-email = Your email address is not confirmed.
    .detail = Until it is, we can’t reach you when something happens.
    .link = Look at your profile
needs-few-codes = { $count ->
    [0] You have no backup code left.
    [1] You have one backup code left.
   *[other] You have { $count } backup codes left.
}
    .detail = They are the last way back in if you lose every device.
    .link = Make new ones
