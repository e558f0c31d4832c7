### Der Weg zurück ohne Passkey, und eine andere Adresse für das eigene Konto.

## Zurück ins Konto
lost-passkeys = Alle Passkeys verloren?
recover-title = Zurück ins Konto
recover-ask = Alle Passkeys verloren?
    .detail = Wir schicken Ihnen einen Link. Mit ihm und einem Ihrer Ersatzcodes registrieren Sie einen neuen Passkey.
recover-send = Link schicken
recover-back = Zurück zur Anmeldung
recover-sent = Sehen Sie in Ihr Postfach
    .detail = Wenn es ein Konto mit dieser Adresse gibt, ist eine E-Mail mit einem Link dorthin unterwegs. Der Link gilt einmal, innerhalb von { $minutes } Minuten.
    .codes = Halten Sie einen Ihrer Ersatzcodes bereit.
    .nothing = Keine E-Mail? Sehen Sie im Spam-Ordner nach, oder versuchen Sie die Adresse, mit der Sie registriert sind. Ein älterer Link gilt nicht mehr, sobald Sie einen neuen anfordern.
recover-code = Ersatzcode eingeben
    .detail = Einen der Codes, die Sie am Anfang gesichert haben. Er ist erst verbraucht, wenn Ihr neuer Passkey funktioniert.
    .label = Ersatzcode
    .hint = Großbuchstaben, Leerzeichen und Bindestriche spielen keine Rolle.
recover-without = Ich habe keinen Ersatzcode
    .detail = Wenden Sie sich an die Verwaltung. Wenn sie weiß, dass Sie es sind, kann sie für Sie einen Link erstellen, der keinen Code braucht.
recover-no-codes = Es ist kein Ersatzcode mehr übrig
    .detail = Der Link ist gut, aber es braucht dazu einen Ersatzcode, damit ein Postfach allein nichts öffnet. Dieses Konto hat keinen, der noch gilt.
recover-passkey = Neuen Passkey registrieren
    .detail = Das ist der letzte Schritt: Von nun an melden Sie sich damit an.
recover-ends = Überall sonst werden Sie abgemeldet.
    .detail = Wer Ihr verlorenes Gerät hat, ist draußen: Das gilt für alle anderen Browser und Anwendungen. Ihre anderen Anmeldemethoden bleiben, wie sie sind, bis Sie sie widerrufen.
news-recovered = Sie sind wieder da.
    .detail = Widerrufen Sie jetzt die Passkeys, die Sie verloren haben, und erstellen Sie neue Ersatzcodes: Einer ist verbraucht, und vielleicht ist auch die alte Liste verloren.

error-recovery_unproved = Geben Sie den Ersatzcode noch einmal ein
    .detail = Das hat zu lange gedauert oder in einem anderen Browser begonnen. Es wurde kein Code verbraucht.
error-backup_code_invalid = Dieser Code gilt nicht
    .detail = Er ist vertippt, schon verbraucht oder durch neuere ersetzt.
error-backup_code_used = Dieser Code wurde eben verbraucht
    .detail = Es wurde nichts geändert. Geben Sie einen anderen ein.

## Eine andere Adresse
change-email-title = E-Mail-Adresse
change-email-intro = Sie melden sich mit ihr an, und was Ihr Konto betrifft, wird dorthin geschickt.
change-email-news-sent = Eine E-Mail an die neue Adresse ist unterwegs. Öffnen Sie den Link darin in diesem Browser, dann wird die Änderung gemacht.
change-email-news-cancelled = Ihre Adresse bleibt, wie sie ist.
change-email-news-changed = Das ist von nun an Ihre Adresse.
change-email-now = Ihre Adresse
    .detail = Mit dieser Adresse melden Sie sich an.
change-email-waiting = Noch nicht bestätigt; der Link gilt bis { $when }.
change-email-cancel = Nicht ändern
change-email-new = Neue Adresse
    .hint = Wir schicken einen Link dorthin. Ihre alte Adresse erfährt es auch.
change-email-send = Link schicken
change-email-back = Zurück zum Profil
confirm-email-title = Ihre Adresse ändern?
confirm-email-intro = Von da an melden Sie sich mit der neuen Adresse an, und E-Mails gehen dorthin.
confirm-email-from = Bisher
confirm-email-to = Von nun an
confirm-email-hint = Die alte Adresse erfährt es und kann es zurücknehmen.
confirm-email-yes = Ändern

error-email_unchanged = Das ist schon Ihre Adresse
    .detail = Geben Sie eine andere ein, oder gehen Sie zurück.

## E-Mails zu alldem
notice-recovery_link_made = Die Verwaltung dieses Dienstes hat einen Link erstellt, mit dem Sie ohne Ersatzcode einen neuen Passkey registrieren können. Sie gibt ihn Ihnen selbst; er steht nicht in dieser Mail.
    .subject = Für Ihr { $brand }-Konto wurde ein Link erstellt
notice-address_change_asked = Ihr Konto soll eine andere Adresse bekommen: { $name }. Die Änderung wird gemacht, sobald der Link geöffnet wird, der dorthin geschickt wurde.
    .subject = Ihr { $brand }-Konto soll eine andere Adresse bekommen
notice-address_wanted = Jemand wollte diese Adresse einem anderen Konto geben. Sie gehört zu Ihrem, deshalb wurde nichts geändert. Waren Sie es? Dann melden Sie sich hier mit dieser Adresse an, oder nehmen Sie dort eine andere.
    .subject = Ihre Adresse wurde für ein anderes { $brand }-Konto angegeben
