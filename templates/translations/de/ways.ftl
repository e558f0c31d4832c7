### Passwort, Authenticator-App, Ersatzcodes, und zeigen, dass Sie es noch sind.

## Überall
keep-it = Behalten
others-stay = Anderswo angemeldet bleiben
    .detail = Sonst werden Sie überall außer hier abgemeldet.
confirm-stronger = Sie haben sich ohne Passkey angemeldet. Bevor sich an Ihren Anmeldemethoden etwas ändert, verwenden Sie den Passkey.
confirm-code-intro = Ihr Passwort stimmt. Jetzt der Code aus Ihrer Authenticator-App.
confirmed-title = Danke, Sie sind es
confirmed-intro = Weiter mit dem, was Sie vorhatten.

## Passwort
your-password = Ihr Passwort
own-password = Passwort
    .detail = Ein weiterer Weg für dort, wo Sie keinen Passkey zur Hand haben.
password-none = Kein Passwort
    .detail = Solange Sie Passkeys haben, brauchen Sie keines.
password-set = Passwort festlegen
password-change = Ändern
    .label = Passwort ändern
password-remove = Entfernen
    .label = Passwort entfernen
password-set-at = Festgelegt: { $when }
way-last-used = zuletzt verwendet: { $when }
way-never-used = noch nie verwendet
password-set-title = Passwort festlegen
password-change-title = Passwort ändern
password-set-intro = Ein Passwort kann man aus Versehen verraten, einen Passkey nicht. Nehmen Sie eines, das Sie sonst nirgends verwenden, und lassen Sie es Ihren Passwortmanager ausdenken.
password-current = Bisheriges Passwort
password-new = Neues Passwort
password-hint = Mindestens { $least }, höchstens { $longest } Zeichen. Ein paar Wörter hintereinander genügen; Ziffern oder Sonderzeichen sind nicht nötig.
password-length = Bisherige Länge
password-show = Anzeigen
password-hide = Verbergen
password-remove-title = Passwort entfernen
password-remove-heading = Ihr Passwort entfernen?
password-remove-intro = Es gilt sofort nicht mehr.
password-remove-totp = Ihre Authenticator-App bestätigt nur das Passwort, deshalb wird auch sie abgeschaltet.
password-remove-last = Das ist Ihr letzter Weg ins Konto.
    .detail = Ohne ihn gibt es keinen Weg, sich als { $account } anzumelden: Sie verlieren das Konto und alles, was Sie damit öffnen, sobald Sie hier abgemeldet sind.
news-password-set = Sie haben jetzt ein Passwort.
news-password-changed = Das Passwort ist geändert.
news-password-changed-everywhere = Das Passwort ist geändert.
    .detail = Überall außer hier sind Sie abgemeldet.
news-password-removed = Das Passwort ist entfernt.

## Authenticator-App
totp = Authenticator-App
    .detail = Ein Code von Ihrem Telefon, nach dem Passwort. Ein Passkey braucht keinen.
totp-needs-password = Sie bestätigt ein Passwort, und Sie haben keines. Mit Passkeys brauchen Sie beides nicht.
totp-none = Keine Authenticator-App
    .alone = Das Passwort allein öffnet Ihr Konto.
totp-set-up = Einrichten
    .label = Authenticator-App einrichten
totp-replace = Ersetzen
    .label = Authenticator-App ersetzen
totp-off = Abschalten
    .label = Authenticator-App abschalten
totp-set-at = Eingerichtet: { $when }
totp-title = Authenticator-App
totp-heading = Authenticator-App einrichten
totp-heading-replace = Andere Authenticator-App einrichten
totp-replaces = Sie tritt an die Stelle der bisherigen.
    .detail = Bis Sie die neue bestätigen, gilt die alte weiter.
totp-scan = Richten Sie die Kamera Ihrer Authenticator-App hierher.
totp-picture = QR-Code für Ihre Authenticator-App
totp-by-hand = Keine Kamera?
    .detail = Tippen Sie diesen Schlüssel in die App. Er steht für sechsstellige Codes, die alle 30 Sekunden wechseln.
totp-account = Konto:
totp-code = Code aus der App
totp-confirm = Bestätigen
totp-off-title = Authenticator-App abschalten
totp-off-heading = Ihre Authenticator-App abschalten?
totp-off-means = Dann öffnet das Passwort allein Ihr Konto.
    .detail = Wer es erfährt, kann sich als { $account } anmelden. Der Eintrag in der App ist dann wertlos; löschen Sie ihn dort.
totp-guards = Ihr Passwort ist zu kurz, um allein zu stehen.
    .detail = Mit der App genügt es; ohne sie würde das Passwort allein Ihr Konto öffnen. Wählen Sie zuerst eines mit mindestens { $least } Zeichen, und schalten Sie die App danach ab.
news-totp-added = Ihre Authenticator-App ist eingerichtet.
    .detail = Von jetzt an wird nach dem Passwort ihr Code verlangt.
news-totp-replaced = Ab jetzt gilt die neue Authenticator-App.
    .detail = Löschen Sie den alten Eintrag aus der App.
news-totp-removed = Die Authenticator-App ist abgeschaltet.

## Ersatzcodes
codes-left = { $left ->
    [0] Keiner übrig
    [one] 1 übrig
   *[other] { $left } übrig
}
codes-used-at = Einer verwendet: { $when }
codes-few = Ihre Ersatzcodes gehen zur Neige.
    .detail = Erstellen Sie neue, solange Sie noch ins Konto kommen.
codes-regenerate = Neue erstellen
    .label = Neue erstellen: Ersatzcodes
codes-regenerate-title = Neue Ersatzcodes
codes-regenerate-heading = Neue Ersatzcodes erstellen?
codes-regenerate-intro = { $left ->
    [0] Sie bekommen zehn neue; sie werden einmal angezeigt, damit Sie sie sichern.
    [one] Der eine, der noch übrig ist, gilt sofort nicht mehr. Sie bekommen zehn neue; sie werden einmal angezeigt, damit Sie sie sichern.
   *[other] Die { $left }, die noch übrig sind, gelten sofort nicht mehr. Sie bekommen zehn neue; sie werden einmal angezeigt, damit Sie sie sichern.
}
codes-keep = Behalten

## Was bleibt
remains-password = Ihr Passwort
remains-password-totp = Ihr Passwort und Ihre Authenticator-App
remains-by-password = Sie können sich weiterhin mit Ihrem Passwort anmelden.
remains-by-password-totp = Sie können sich weiterhin mit Ihrem Passwort und Ihrer Authenticator-App anmelden.
no-passkey-yet = Sie melden sich ohne Passkey an.
    .detail = Registrieren Sie einen: Er ist sicherer als jedes Passwort und braucht nur eine Berührung.

## Fehler
error-password_wrong = Das stimmte nicht
    .detail = Prüfen Sie Ihr Passwort, und versuchen Sie es noch einmal.
error-password_current_wrong = Das bisherige Passwort stimmt nicht
    .detail = Es wurde nichts geändert. Geben Sie das ein, mit dem Sie sich jetzt anmelden.
error-password_too_short = Dieses Passwort ist zu kurz
    .detail = Ein paar Wörter hintereinander sind lang genug und lassen sich gut merken.
error-password_too_long = Dieses Passwort ist zu lang
    .detail = Nehmen Sie höchstens 256 Zeichen.
error-password_weak = Dieses Passwort ist zu leicht zu erraten
    .detail = Viele verwenden es, es folgt einem Muster, oder es besteht aus Ihrem Namen oder unserem. Besser sind ein paar Wörter, die nichts miteinander zu tun haben.
error-password_breached = Dieses Passwort stand in einem Datenleck
    .detail = Es steht in Listen, mit denen in Konten eingebrochen wird. Wählen Sie ein anderes, und ändern Sie es überall, wo Sie es verwenden.
error-password_not_allowed = Passwörter sind hier abgeschaltet
    .detail = Alle melden sich mit einem Passkey an.
error-totp_not_confirmed = Der Code stimmte nicht
    .detail = Geben Sie die sechs Ziffern ein, die die App jetzt für dieses Konto zeigt. Zeigt sie keine, scannen Sie das Bild noch einmal.
error-totp_needs_password = Eine Authenticator-App braucht ein Passwort
    .detail = Sie bestätigt ein Passwort, und Sie haben keines. Legen Sie zuerst eines fest; mit Passkeys brauchen Sie beides nicht.
error-totp_guards_password = Ihr Passwort ist zu kurz, um allein zu stehen
    .detail = Es wurde nichts abgeschaltet. Ohne die Authenticator-App würde das Passwort allein Ihr Konto öffnen: Wählen Sie zuerst ein längeres.
error-enrolment_expired = Das hat zu lange gedauert
    .detail = Beginnen Sie noch einmal mit dem Einrichten der Authenticator-App: Das Bild ist dann ein anderes.
error-confirm_expired = Das hat zu lange gedauert
    .detail = Gehen Sie zurück zu den Anmeldemethoden, und versuchen Sie es noch einmal.
error-confirm_with_passkey = Verwenden Sie dafür Ihren Passkey
    .detail = Sie haben einen Passkey, und Änderungen an Ihren Anmeldemethoden brauchen ihn.
error-confirm_impossible = Sie haben nichts mehr, womit Sie zeigen können, dass Sie es sind
    .detail = Melden Sie sich ab und stellen Sie Ihr Konto wieder her, oder fragen Sie Ihren Administrator.
error-last_way = Das ist Ihr letzter Weg ins Konto
    .detail = Es wurde nichts entfernt. Ohne ihn könnte sich niemand an diesem Konto anmelden; registrieren Sie zuerst einen Passkey.
