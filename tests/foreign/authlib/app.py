"""A web application that lets people sign in with WeftID: Authlib in Flask. Tokens are kept in memory, a session's name in its cookie.

ISSUER, CLIENT_ID, CLIENT_SECRET and PORT come from the environment. The page shows everything there is, tokens too, because a test reads it;
an application of yours shows none of that.
"""

import json
import os
import secrets
from urllib.parse import urlencode

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, render_template_string, session
from werkzeug.serving import make_server

ISSUER, PORT = os.environ["ISSUER"], int(os.environ["PORT"])
HOME = f"http://localhost:{PORT}/"

app = Flask(__name__)
# The name is not `session`: cookies don't know ports, and the provider is on this host too.
app.config.update(SECRET_KEY=secrets.token_bytes(32), SESSION_COOKIE_NAME="authlib-app", SESSION_COOKIE_SAMESITE="Lax")
weftid = OAuth(app).register(
    "weftid",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)
people = {}

PAGE = """<!doctype html><html lang="en"><title>Authlib</title><link rel="icon" href="data:,">
{% if token %}<main data-state="signed-in">
  <pre id="id-token">{{ claims }}</pre>
  <pre id="userinfo">{{ userinfo }}</pre>
  <pre id="access-token">{{ token.access_token }}</pre>
  <form method="post" action="/refresh"><button id="refresh">Refresh</button></form>
  <form method="post" action="/sign-out"><button id="sign-out">Sign out</button></form>
</main>{% else %}<main data-state="signed-out"><a id="sign-in" href="/sign-in">Sign in</a></main>{% endif %}</html>"""


@app.get("/")
def home():
    token = people.get(session.get("id"))
    if token is None:
        return render_template_string(PAGE)
    userinfo = weftid.userinfo(token=token)
    return render_template_string(PAGE, token=token, claims=json.dumps(token["userinfo"]), userinfo=json.dumps(userinfo))


@app.get("/sign-in")
def sign_in():
    return weftid.authorize_redirect(HOME + "callback")


@app.get("/callback")
def callback():
    session["id"] = secrets.token_urlsafe()
    # Checks state, nonce and the ID token, whose claims it puts into token["userinfo"].
    people[session["id"]] = weftid.authorize_access_token()
    return redirect(HOME)


@app.post("/refresh")
def refresh():
    token = people[session["id"]]
    renewed = weftid.fetch_access_token(grant_type="refresh_token", refresh_token=token["refresh_token"])
    # A nonce belongs to a question in the browser, and there was none.
    claims = weftid.parse_id_token(renewed, nonce=None)
    people[session["id"]] = {**renewed, "userinfo": claims}
    return redirect(HOME, 303)


@app.post("/sign-out")
def sign_out():
    token = people.pop(session.pop("id"))
    question = {"id_token_hint": token["id_token"], "client_id": weftid.client_id, "post_logout_redirect_uri": HOME}
    return redirect(weftid.load_server_metadata()["end_session_endpoint"] + "?" + urlencode(question), 303)


server = make_server("127.0.0.1", PORT, app, threaded=True)
print("ready", flush=True)
server.serve_forever()
