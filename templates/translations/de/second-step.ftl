### Die Anmeldung mit Passwort und der zweite Schritt danach.

password = Passwort
use-password = Stattdessen ein Passwort verwenden
sign-in-password = Mit dem Passwort anmelden
continue-to = Weiter zu { $client }
second-step-totp = Geben Sie Ihren Code ein
    .detail = Öffnen Sie Ihre Authenticator-App und tippen Sie die sechs Ziffern ein, die sie für dieses Konto zeigt.
    .other = Stattdessen einen Ersatzcode verwenden
second-step-backup-code = Geben Sie einen Ersatzcode ein
    .detail = Nehmen Sie einen noch unbenutzten von Ihrem gespeicherten Blatt. Jeder Code gilt einmal.
    .label = Ersatzcode
    .other = Stattdessen die Authenticator-App verwenden
backup-code-used = Sie haben einen Ersatzcode verwendet
    .detail = Sie sind angemeldet. Dieser Code gilt nicht mehr: Streichen Sie ihn durch.
    .mend = Richten Sie ein, was Ihnen fehlte, oder erstellen Sie neue Codes, bevor keine mehr da sind.
backup-codes-left = { $count ->
    [0] Sie haben keinen Ersatzcode mehr.
    [one] Sie haben noch einen Ersatzcode.
   *[other] Sie haben noch { $count } Ersatzcodes.
}

## Wie lange es dauert
try-again-in-seconds = In { $count ->
    [one] einer Sekunde
   *[other] { $count } Sekunden
} können Sie es wieder versuchen.
try-again-in-minutes = In { $count } Minuten können Sie es wieder versuchen.
try-again-in-hours = In { $count } Stunden können Sie es wieder versuchen.
try-again-in-days = In { $count } Tagen können Sie es wieder versuchen.

## Was schiefging
error-sign_in_wrong = Das hat nicht geklappt
    .detail = E-Mail-Adresse und Passwort passen nicht zusammen. Prüfen Sie beide, oder verwenden Sie Ihren Passkey.
error-backup_code_wrong = Dieser Code gilt nicht
    .detail = Er ist vielleicht vertippt oder schon benutzt. Prüfen Sie ihn, oder nehmen Sie einen anderen.
error-sign_in_over = Bitte beginnen Sie noch einmal
    .detail = Der Code kam zu spät, oder zu viele waren falsch. Es ist nichts verloren: Melden Sie sich noch einmal an.
error-password_invalid = Das stimmte nicht
    .detail = Prüfen Sie, was Sie eingegeben haben, und versuchen Sie es noch einmal.
error-code_invalid = Der Code stimmte nicht
    .detail = Warten Sie auf den nächsten Code Ihrer App, und prüfen Sie die Uhr ihres Geräts. Jeder Code gilt einmal.
error-second_step_over = Bitte beginnen Sie noch einmal
    .detail = Der Code kam zu spät, oder zu viele waren falsch. Beginnen Sie mit Ihrem Passwort.
