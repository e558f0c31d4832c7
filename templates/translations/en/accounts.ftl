### Several accounts in one browser: choosing one, leaving one, leaving all.

choose-account = Choose an account
account-current = In use
account-signed-out = Signed out
another-account = Use another account
switch-account = Switch account
sign-out-others = These accounts stay signed in here:
sign-out-all = Sign out of all { $count } accounts
signed-out-others = Still signed in in this browser:

error-account_changed = You are using another account now
    .detail = This page belongs to an account that you have left in another tab. Nothing was done. Switch back, or open the page again.
