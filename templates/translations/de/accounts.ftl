### Mehrere Konten in einem Browser: eines wählen, eines verlassen, alle verlassen.

choose-account = Konto wählen
account-current = In Gebrauch
account-signed-out = Abgemeldet
another-account = Anderes Konto verwenden
switch-account = Konto wechseln
sign-out-others = Hier angemeldet bleiben:
sign-out-all = Von allen { $count } Konten abmelden
signed-out-others = In diesem Browser noch angemeldet:

error-account_changed = Sie verwenden jetzt ein anderes Konto
    .detail = Diese Seite gehört zu einem Konto, das Sie in einem anderen Tab verlassen haben. Es wurde nichts getan. Wechseln Sie zurück, oder öffnen Sie die Seite noch einmal.
