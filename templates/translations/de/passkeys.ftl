# Passkeys über den ersten hinaus: wo sie verwendet wurden, Kopien, was angenommen wird, das Angebot nach einem Passwort.
passkey-last-used-from = zuletzt verwendet: { $when }, { $from }
passkey-suspected = Vielleicht kopiert
    .title = „{ $name }“ ist vielleicht kopiert worden.
    .detail = Sicherheitsschlüssel zählen, wie oft sie unterschreiben. { $when } hat dieser rückwärts gezählt, so wie eine Kopie es täte.
    .refused = Er meldet Sie nicht mehr an.
    .allowed = Er meldet Sie weiterhin an.
    .advice = Widerrufen Sie ihn, und richten Sie stattdessen einen neuen Passkey ein; Ihr Gerät erzeugt einen frischen.
error-passkey_suspected = Dieser Passkey ist vielleicht kopiert worden
    .detail = Er meldet Sie nicht mehr an. Melden Sie sich anders an, widerrufen Sie ihn unter „Sign-in Methods“, und richten Sie einen neuen ein.
error-passkey_not_allowed = Diese Art von Passkey wird hier nicht angenommen
    .detail = Wählen Sie ein anderes Gerät oder einen anderen Passwortmanager.
    .allow = Angenommen werden: { $names }.
    .deny = Nicht angenommen werden: { $names }.
    .proved = Das Gerät muss sein Modell nachweisen: Erlauben Sie es, falls der Browser danach fragt.
    .bound = Der Passkey muss auf seinem Gerät bleiben und darf nicht synchronisiert werden.
