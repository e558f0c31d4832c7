### Was jemand hört, der auf dem falschen Weg ans Tor kommt.

error-misdirected = Hier wohnt dieser Dienst nicht
    .detail = Die Adresse nennt einen anderen Ort als den, unter dem dieser Dienst bekannt ist. Verwenden Sie die Adresse, die Sie bekommen haben.
error-tls_needed = Das muss verschlüsselt gesendet werden
    .detail = Es kam über einfaches HTTP, wo andere mitlesen können. Verwenden Sie die Adresse, die mit https beginnt.
