### Was die Seiten sagen. Kurz, aktiv, ohne Fachsprache; überall „anmelden“ und „abmelden“.

## Überall
skip-to-content = Zum Inhalt springen
email = E-Mail-Adresse
your-name = Ihr Name
continue = Weiter
cancel = Abbrechen
save = Speichern
or = oder
terms = Bedingungen
privacy = Datenschutz
not-you = Nicht Sie?
copy = Kopieren
copied = Kopiert
download = Speichern
print = Drucken

## Zeitpunkte
month-name = { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
    [12] Dezember
   *[other] { $month }
}
moment-today = heute um { $time }
moment-yesterday = gestern um { $time }
moment-this-year = { $day }. { month-name }
moment-date = { $day }. { month-name } { $year }
moment-full = { $day }. { month-name } { $year }, { $time } { $zone }

## Die Leiste des Hauses
nav-label = Konto
nav-dashboard = Übersicht
nav-sign-in-methods = Anmeldemethoden

## Anmelden
sign-in = Anmelden
sign-in-again = Willkommen zurück
sign-in-for = { $brand } · weiter zu
sign-in-passkey = Mit Passkey anmelden
cancel-to = Abbrechen und zurück zu { $client }

## Passkeys
passkeys = Passkeys
    .detail = Ein Passkey genügt zum Anmelden: kein Passwort, kein Code.
create-passkey = Passkey erstellen
passkey-again = Passkey noch einmal versuchen
passkey-waiting = Warten auf Ihr Gerät …
    .detail = Folgen Sie der Anzeige Ihres Browsers.
passkey-confirming = Zeigen Sie zuerst, dass Sie es sind …
    .detail = Verwenden Sie einen Passkey, den Sie schon haben.
passkey-stop = Stopp
passkey-dismissed = Es wurde kein Passkey verwendet.
    .detail = Nichts ist verloren: Sie können es jederzeit noch einmal versuchen.
    .or-password = Nichts ist verloren: Versuchen Sie es noch einmal, oder verwenden Sie Ihr Passwort.
passkey-unsupported = Dieser Browser kann keine Passkeys verwenden.
    .detail = Öffnen Sie diese Seite in einem aktuellen Browser oder auf Ihrem Telefon.
    .or-password = Verwenden Sie Ihr Passwort, oder öffnen Sie diese Seite in einem aktuellen Browser.
passkey-unreachable = Der Server ist nicht erreichbar.
    .detail = Prüfen Sie Ihre Verbindung, und versuchen Sie es noch einmal.
passkey-needs-script = Passkeys brauchen JavaScript.
    .detail = Erlauben Sie es für diese Seite, und laden Sie sie neu.
passkey-synced = Synchronisiert
passkey-one-device = Auf einem Gerät
passkey-added = Hinzugefügt: { $when }
passkey-last-used = zuletzt verwendet: { $when }
passkey-never-used = noch nie verwendet
passkeys-synced-hint = Ein synchronisierter Passkey ist so sicher wie das Konto, das ihn synchronisiert: Schützen Sie auch dieses mit einem starken zweiten Schritt.
about-passkeys = Was ist ein Passkey?
    .detail = Ihr Fingerabdruck, Ihr Gesicht oder die PIN Ihres Geräts. Sie müssen sich nichts merken und nichts eintippen, und niemand kann bei uns etwas stehlen.
    .safe = Ihr Gerät behält die geheime Hälfte für sich und verwendet sie nur auf dieser Website. Eine nachgemachte Website bekommt nichts.

## Anmeldemethoden
sign-in-methods-intro = Womit Sie zeigen, dass Sie es sind.
register-passkey = Neuen Passkey registrieren
    .detail = Ihr Browser entscheidet, welcher Passwortmanager ihn aufbewahrt. Für einen anderen brechen Sie die Anzeige ab und wählen dort „Anderes Gerät verwenden“.
passkeys-full = Sie haben { $most } Passkeys, mehr kann ein Konto nicht haben. Widerrufen Sie einen, um einen anderen zu registrieren.
passkey-rename = Umbenennen
    .label = { $name } umbenennen
passkey-revoke = Widerrufen
    .label = { $name } widerrufen
no-passkey = An diesem Konto kann sich niemand mehr anmelden.
    .detail = Registrieren Sie jetzt einen neuen Passkey, bevor Sie diese Seite verlassen.
news-renamed = Der Passkey hat seinen neuen Namen.
news-revoked = Der Passkey ist widerrufen.
    .remaining = Sie können sich weiterhin anmelden mit
rename-passkey-title = Passkey umbenennen
rename-passkey-new = Ihr neuer Passkey funktioniert
    .detail = Geben Sie ihm einen Namen, an dem Sie ihn später erkennen.
passkey-name = Name des Passkeys
    .hint = Benennen Sie ihn nach dem, was ihn aufbewahrt, nicht nach dem Gerät: Ein synchronisierter Passkey ist auch auf Ihren anderen Geräten.
    .good = Gut: „iCloud-Schlüsselbund“, „YubiKey 5“, „Windows Hello auf meinem Arbeitslaptop“.
    .bad = Weniger gut: „iPhone 15 Pro“.
keep-name = Jetzt nicht
revoke-passkey-title = Passkey widerrufen
revoke-passkey-heading = „{ $name }“ widerrufen?
revoke-passkey-intro = Er gilt sofort nicht mehr, und wo Sie sich mit ihm angemeldet haben, werden Sie abgemeldet. In diesem Browser bleiben Sie angemeldet. Das lässt sich nicht zurücknehmen.
revoke-passkey-remaining = Sie können sich weiterhin anmelden mit:
revoke-passkey-last = Das ist Ihr letzter Passkey.
    .detail = Ohne ihn gibt es keinen Weg, sich als { $account } anzumelden: Sie verlieren das Konto und alles, was Sie damit öffnen, sobald Sie hier abgemeldet sind.
    .yes = Mir ist klar, dass ich mich nicht mehr anmelden kann
revoke-passkey-keep = Behalten
confirm-title = Sind Sie es noch?
confirm-intro = Ihre Anmeldung ist eine Weile her. Bevor sich an Ihren Anmeldemethoden etwas ändert, zeigen Sie noch einmal, dass Sie es sind.
confirm-passkey = Mit Passkey bestätigen

## Einrichten
setup-title = Einrichten
setup-heading = { $brand } einrichten
setup-intro = Sie sind als Erste oder Erster hier und übernehmen deshalb die Verwaltung. Sie melden sich mit einem Passkey an; ein Passwort gibt es nicht.
setup-email-hint = Mit dieser Adresse melden Sie sich an.

## Einladung
invitation-title = Ihre Einladung
invitation-heading = Willkommen bei { $brand }
invitation-by = { $inviter } lädt Sie ein.
invitation-intro = Erstellen Sie einen Passkey; danach genügt zum Anmelden eine Berührung. Ein Passwort gibt es nicht.
invitation-email-hint = Die Einladung gilt für diese Adresse. Mit ihr melden Sie sich an.

## Ersatzcodes
backup-codes = Ersatzcodes
    .last-resort = Der letzte Weg, wenn alle Geräte verloren sind.
backup-codes-saved-at = Gesichert: { $when }
backup-codes-not-saved = Noch nicht gesichert
backup-codes-heading = Ersatzcodes sichern
backup-codes-intro = Wenn Sie je alle Geräte verlieren, sind diese Codes der letzte Weg zurück. Sie werden nur jetzt angezeigt.
backup-codes-account = Konto
backup-codes-issuer = Für
backup-codes-made = Erstellt
backup-codes-keep = Codes aufbewahren
backup-codes-file = ersatzcodes
backup-codes-use = Jeder Code gilt einmal. Bewahren Sie sie getrennt von Ihren Geräten auf: auf Papier oder an einem sicheren Ort.
backup-codes-saved = Ich habe sie gesichert

## Übersicht
dashboard-hello = Hallo, { $name }
dashboard-intro = Alles, was Sie öffnen können, und was Sie braucht.
dashboard-apps = Anwendungen
    .detail = Eine Berührung, und Sie sind in jeder von ihnen.
dashboard-more = { $count ->
    [1] Eine weitere Anwendung wird hier nicht gezeigt. Öffnen Sie sie dort, woher Sie sie kennen.
   *[other] { $count } weitere Anwendungen werden hier nicht gezeigt. Öffnen Sie sie dort, woher Sie sie kennen.
}
dashboard-no-apps = Noch keine Anwendungen
    .detail = Sobald Ihnen die Verwaltung Zugang zu einer Anwendung gibt, erscheint sie hier und lässt sich gleich öffnen.
nudge-second-passkey = Ein einziger Passkey kann verloren gehen.
    .detail = Registrieren Sie einen zweiten in einem anderen Passwortmanager oder auf einem Sicherheitsschlüssel, der in einer Schublade liegt.
    .link = Zweiten Passkey registrieren

## Zustimmung
refused-heading = So kann { $client } Sie nicht anmelden
refused-intro = Was die Anwendung verlangt, ist nicht richtig; darum ist nichts geschehen.
refused-unverified = Hier hat sie niemand geprüft. Gehen Sie nur zurück, wenn Sie { $host } kennen.
form-post-heading = Zurück zu { $client }
form-post-intro = Ihr Browser überbringt die Antwort von selbst. Geschieht nichts, geht es mit der Schaltfläche weiter.
consent-heading = Mit { $client } teilen?
consent-for = { $brand } · Zugriff für
consent-claims = Einzelne Angaben
consent-resources = Diese Dienste in Ihrem Namen nutzen
claim-email = E-Mail-Adresse
claim-address = Postanschrift
claim-zoneinfo = Zeitzone
claim-email_verified = Ob Ihre E-Mail-Adresse bestätigt ist
claim-phone_number_verified = Ob Ihre Telefonnummer bestätigt ist
claim-updated_at = Wann sich Ihr Profil zuletzt geändert hat
consent-hint = { $client } sieht sonst nichts, und niemals Ihren Passkey.
consent-unverified = Ungeprüft: Diese Anwendung hat sich selbst registriert.
    .detail = Niemand hier hat sie angesehen, und ihren Namen hat sie selbst gewählt. Was Sie erlauben, geht an { $host }.
allow = Erlauben
scope-openid = Wer Sie sind
    .detail = Dass Sie es sind, unter einer Kennung
scope-profile = Ihr Profil
    .detail = Ihr Name, und was Sie dort sonst über sich sagen
scope-email = Ihre E-Mail-Adresse
    .detail = Die Adresse, und ob sie bestätigt ist
scope-phone = Ihre Telefonnummer
    .detail = Die Nummer, die in Ihrem Profil steht
scope-address = Ihre Postanschrift
    .detail = Straße, Ort, Land
scope-offline_access = Zugriff, während Sie nicht da sind
    .detail = Bis Sie ihn zurücknehmen
scope-unknown = Eine Berechtigung, die die Anwendung selbst festgelegt hat

## Abmelden
sign-out = Abmelden
sign-out-for = { $brand } · Sie kamen von
sign-out-heading = Von { $brand } abmelden?
sign-out-intro = Sie verlassen in diesem Browser Ihr Konto. Um Ihre Anwendungen wieder zu öffnen, melden Sie sich mit Ihrem Passkey an.
sign-out-asked = { $client } möchte Sie abmelden. Sie verlassen in diesem Browser Ihr Konto, nicht nur die Anwendung.
stay = Angemeldet bleiben
signed-out = Sie sind abgemeldet
    .detail = Auf einem gemeinsam genutzten Gerät schließen Sie am besten auch den Browser.
sign-in-again-link = Wieder anmelden
back-to = Zurück zu { $client }
