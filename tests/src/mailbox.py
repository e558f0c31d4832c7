# A mail server for tests: aiosmtpd, which keeps what it takes as files. It ends when its standard input does.
#
# Argument: JSON {"folder", "tls": "none" | "starttls" | "tls", "certificate", "key", "user", "password"}. Says its port on standard output.
# While it runs, files in the folder tell it how to behave: "refuse" holds the answer to every recipient, "slow" the seconds before it takes a mail.

import asyncio, json, os, ssl, sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

options = json.loads(sys.argv[1])
folder = options["folder"]


def told(name):
    try:
        with open(os.path.join(folder, name)) as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


class Handler:
    taken = 0
    under_way = 0
    most_under_way = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        refusal = told("refuse")
        if refusal:
            with open(os.path.join(folder, "refusals"), "a") as file:
                file.write(refusal + "\n")
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        Handler.under_way += 1
        Handler.most_under_way = max(Handler.most_under_way, Handler.under_way)
        await asyncio.sleep(float(told("slow") or 0))
        Handler.under_way -= 1
        Handler.taken += 1
        name = os.path.join(folder, "%06d" % Handler.taken)
        with open(name + ".eml", "wb") as file:
            file.write(envelope.original_content)
        about = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None or options["tls"] == "tls",
            "user": (session.auth_data or {}).get("user") if isinstance(session.auth_data, dict) else None,
            "hello": session.host_name,
            "most_under_way": Handler.most_under_way,
        }
        with open(name + ".unfinished", "w") as file:
            json.dump(about, file)
        os.rename(name + ".unfinished", name + ".json")
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    given = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode())
    if given != (options["user"], options["password"]):
        return AuthResult(success=False, handled=False)
    return AuthResult(success=True, auth_data={"user": data.login.decode()})


def context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["certificate"], options["key"])
    return context


def server():
    how = {"hostname": "mail.test", "enable_SMTPUTF8": True}
    if options["tls"] == "starttls":
        how |= {"tls_context": context(), "require_starttls": True}
    if options.get("user"):
        # A password is asked for only behind TLS, whichever way that began; without TLS only this machine hears it.
        how |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": options["tls"] == "starttls"}
    return SMTP(Handler(), **how)


async def main():
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(server, "127.0.0.1", options.get("port", 0), ssl=context() if options["tls"] == "tls" else None)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
