### Sitzungen, verbundene Anwendungen, Aktivität, und was die Übersicht darüber sagt.

nav-sessions = Sitzungen
nav-apps = Verbundene Anwendungen
nav-activity = Aktivität

device-on-system = { $browser } unter { $system }
device-unknown = Unbekanntes Gerät

## Sitzungen
sessions-intro = Alle Browser, in denen Sie angemeldet sind.
sessions-where = Wo Sie angemeldet sind
    .detail = Das Netz ist, was das Internet davon zeigt. Wo auf der Erde das ist, fragen wir niemanden.
session-this = Diese hier
session-started = Begonnen: { $when }
session-seen = zuletzt gesehen: { $when }
session-network = Netz { $network }
opened-with-passkey = Passkey „{ $name }“
opened-with-revoked-passkey = Ein inzwischen widerrufener Passkey
opened-with-password = Passwort
opened-with-password-and-code = Passwort und Code
end-session = Beenden
    .label = Die Sitzung von { $device } beenden
end-other-sessions = Alle anderen Sitzungen beenden
sessions-most = Sie können in { $most } Browsern gleichzeitig angemeldet sein. Kommt einer dazu, wird der abgemeldet, den Sie am längsten nicht benutzt haben.
news-session-ended = Die Sitzung ist beendet.
news-other-sessions-ended = Alle anderen Sitzungen sind beendet.

## Verbundene Anwendungen
apps-intro = Was Anwendungen von Ihnen sehen dürfen, und wie Sie es zurücknehmen.
apps-connected = Anwendungen mit Zugriff
    .detail = Sie haben ihn bekommen, als Sie sich bei ihnen angemeldet haben.
apps-none = Nichts ist verbunden
    .detail = Sobald Sie sich bei einer Anwendung anmelden, steht sie hier, mit dem, was sie von Ihnen sehen darf.
app-offline = Auch wenn Sie nicht da sind
app-trusted = Ein Administrator vertraut ihr
app-sees = Sie sieht
app-since = Seit { $when }
app-last-used = Zuletzt benutzt: { $when }
app-open = Öffnen
    .label = { $name } öffnen
app-revoke = Widerrufen
    .label = Den Zugriff von { $name } widerrufen
revoke-app-title = Zugriff widerrufen
revoke-app-heading = Den Zugriff von { $client } widerrufen?
revoke-app-intro = { $client } bekommt ab sofort nichts mehr über Sie von uns, auch nicht, wo die Anwendung ohne Sie arbeitet.
revoke-app-again = Sie können sich jederzeit wieder bei ihr anmelden: Dann fragt sie Sie zuerst.
revoke-app-trusted = Ein Administrator vertraut ihr. Deshalb ist sie ohne Rückfrage wieder verbunden, wenn Sie sich das nächste Mal bei ihr anmelden.
revoke-app-keeps = Was { $client } schon erfahren hat, bleibt dort: Wer es gelöscht haben möchte, fragt den Betreiber.
news-app-revoked = Der Zugriff ist widerrufen.
    .detail = Die Anwendung bekommt nichts mehr von uns.

## Aktivität
activity-intro = Was rund um Ihr Konto geschehen ist. Wenn etwas davon nicht von Ihnen war, beenden Sie Ihre Sitzungen, und sehen Sie Ihre Anmeldemethoden durch.
activity-filter = Was gezeigt wird
activity-events = Ereignisse
activity-about-all = Alles
activity-about-sign-ins = Anmeldungen
activity-about-changes = Änderungen
activity-about-apps = Anwendungen
activity-none = Noch nichts
    .detail = Was rund um Ihr Konto geschieht, steht hier.
activity-older = Ältere
activity-by-operator = vom Betreiber dieses Servers
activity-some-client = eine unbekannte Anwendung
activity-some-passkey = ein Passkey, den es nicht mehr gibt
activity-other = An Ihrem Konto hat sich etwas geändert
activity-signed_in = { $why ->
    [passkey] Sie haben sich angemeldet: { $passkey }
    [password] Sie haben sich mit Ihrem Passwort angemeldet
    [password-and-authenticator-app] Sie haben sich mit Ihrem Passwort und Ihrer Authenticator-App angemeldet
    [password-and-backup-code] Sie haben sich mit Ihrem Passwort und einem Backup-Code angemeldet
   *[other] Sie haben sich angemeldet
}
activity-sign_in_failed = Eine Anmeldung ist gescheitert
activity-confirmed = { $why ->
    [passkey] Sie haben bestätigt, dass Sie es sind: { $passkey }
   *[other] Sie haben mit Ihrem Passwort bestätigt, dass Sie es sind
}
activity-confirmation_failed = Eine Bestätigung, dass Sie es sind, ist gescheitert
activity-account_chosen = Sie haben zu diesem Konto gewechselt
activity-session_ended = { $why ->
    [signed_out] Sie haben sich abgemeldet
    [signed_out_at_a_client] Eine Anwendung hat Sie abgemeldet
    [ended_by_owner] Sie haben eine Sitzung beendet
    [too_many_accounts] Eine Sitzung ist zu Ende, weil in jenem Browser zu viele Konten angemeldet waren
    [too_many_sessions] Eine Sitzung ist zu Ende, weil es zu viele waren
    [too_old] Eine Sitzung ist zu Ende, weil Sie lange angemeldet waren
    [not_used] Eine Sitzung ist zu Ende, weil niemand sie benutzt hat
   *[other] Eine Sitzung ist zu Ende
}
activity-sessions_ended = { $why ->
    [ended_by_owner] Sie haben alle anderen Sitzungen beendet
    [passkey_revoked] Die Sitzungen, die ein widerrufener Passkey geöffnet hatte, sind zu Ende
    [deactivated] Alle Ihre Sitzungen sind zu Ende
   *[other] Mehrere Sitzungen sind zu Ende
}
activity-user_created = Ihr Konto wurde angelegt
activity-user_activated = Ihr Konto wurde aktiviert
activity-user_deactivated = Ihr Konto wurde deaktiviert
activity-passkey_registered = Sie haben einen Passkey registriert: { $passkey }
activity-passkey_registration_failed = Das Registrieren eines Passkeys ist gescheitert
activity-passkey_renamed = Sie haben einen Passkey umbenannt: { $passkey }
activity-passkey_revoked = Ein Passkey wurde widerrufen
activity-passkey_counter_went_back = Der Zähler eines Passkeys ging zurück, es gibt vielleicht eine Kopie: { $passkey }
activity-backup_codes_made = Neue Backup-Codes wurden gemacht
activity-backup_codes_acknowledged = Sie haben gesagt, dass Sie Ihre Backup-Codes gespeichert haben
activity-password_refused = Ein Passwort wurde abgelehnt
activity-second_step_refused = Ein Code wurde abgelehnt, nach dem richtigen Passwort
activity-backup_codes_discarded = Ihre Backup-Codes wurden verworfen
activity-backup_code_used = Ein Backup-Code wurde verwendet
activity-password_set = Sie haben ein Passwort gesetzt
activity-password_changed = Sie haben Ihr Passwort geändert
activity-password_removed = Sie haben Ihr Passwort entfernt
activity-totp_added = Sie haben eine Authenticator-App hinzugefügt
activity-totp_replaced = Sie haben Ihre Authenticator-App ersetzt
activity-totp_removed = Sie haben Ihre Authenticator-App entfernt
activity-profile_changed = Sie haben Ihr Profil geändert
activity-email_change_asked = Sie wollten eine andere E-Mail-Adresse
activity-email_change_cancelled = Die Änderung Ihrer E-Mail-Adresse wurde abgebrochen
activity-email_change_failed = Die Änderung Ihrer E-Mail-Adresse ist gescheitert
activity-email_changed = Ihre E-Mail-Adresse hat sich geändert
activity-not_me = Jemand hat „Das war ich nicht“ gesagt, über den Link in einer Mail an Sie
activity-passkey_unfrozen = Der gesperrte Passkey wurde als Ihrer bestätigt und gilt wieder
activity-backchannel_logout_given_up = { $client } war nicht zu erreichen, um vom Ende einer Sitzung zu erfahren
activity-mail_given_up = Eine Mail an Sie konnte nicht zugestellt werden
activity-recovery_link_made = Jemand hat nach einem Weg zurück in Ihr Konto gefragt
activity-recovery_failed = Ein Versuch, Ihr Konto wiederherzustellen, ist gescheitert
activity-recovered = Ihr Konto wurde wiederhergestellt
activity-consent_given = Sie haben den Zugriff erlaubt: { $client }
activity-consent_denied = Sie haben den Zugriff nicht erlaubt: { $client }
activity-app_disconnected = Sie haben den Zugriff widerrufen: { $client }
activity-tokens_issued = Sie haben sich bei einer Anwendung angemeldet: { $client }
activity-grant_revoked = Eine Anwendung hat ihren Zugriff zurückgegeben: { $client }
activity-code_reused = Jemand hat eine Anmeldung zweimal verwendet, der Zugriff wurde widerrufen: { $client }
activity-refresh_token_reused = Jemand hat einen alten Schlüssel verwendet, der Zugriff wurde widerrufen: { $client }

## Übersicht
dashboard-lately = Zuletzt benutzt
needs-suspected-passkey = Vielleicht gibt es eine Kopie Ihres Passkeys „{ $name }“.
    .detail = Er hat so geantwortet, wie es nur eine Kopie täte. Wenn Sie das überrascht, widerrufen Sie ihn.
    .link = Zu Ihren Passkeys
needs-frozen-passkey = Ihr Passkey „{ $name }“ ist eingefroren.
    .detail = Jemand hat gesagt, dass es nicht Ihrer ist. Er meldet niemanden an.
    .link = Zu Ihren Passkeys
needs-frozen-password = Ihr Passwort ist eingefroren.
    .detail = Jemand hat gesagt, dass es nicht Ihres ist. Es meldet niemanden an.
    .link = Zu Ihren Anmeldemethoden
needs-frozen-totp = Ihre Authenticator-App ist eingefroren.
    .detail = Jemand hat gesagt, dass es nicht Ihre ist. Ihre Codes zählen nicht mehr.
    .link = Zu Ihren Anmeldemethoden
needs-unverified-email = Ihre E-Mail-Adresse ist nicht bestätigt.
    .detail = Bis dahin erreichen wir Sie nicht, wenn etwas geschieht.
    .link = Zu Ihrem Profil
needs-few-codes = { $count ->
    [0] Sie haben keinen Backup-Code mehr.
    [1] Sie haben noch einen Backup-Code.
   *[other] Sie haben noch { $count } Backup-Codes.
}
    .detail = Sie sind der letzte Weg zurück, wenn Sie alle Geräte verlieren.
    .link = Neue machen
