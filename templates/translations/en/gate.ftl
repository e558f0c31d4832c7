### What is said to whoever comes to the gate by the wrong way.

error-misdirected = This isn’t where this service lives
    .detail = The address names another place than the one this service is known by. Use the address that you were given.
error-tls_needed = This has to be sent encrypted
    .detail = It came over plain HTTP, where others can read along. Use the address that begins with https.
