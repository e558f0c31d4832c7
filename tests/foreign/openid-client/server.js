// A web application that lets people sign in with WeftID: openid-client behind Node's own HTTP server. Sessions are kept in memory.
//
// ISSUER, CLIENT_ID, CLIENT_SECRET and PORT come from the environment. The page shows everything there is, tokens too, because a test reads
// it; an application of yours shows none of that.

import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import * as client from 'openid-client'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env
const home = new URL(`http://localhost:${PORT}/`)
const callback = new URL('callback', home)

// Plain http is for one machine alone: without `execute`, the issuer must be https.
const provider = await client.discovery(new URL(ISSUER), CLIENT_ID, undefined, client.ClientSecretBasic(CLIENT_SECRET), {
  execute: [client.allowInsecureRequests],
})

const sessions = new Map()

async function signIn(session) {
  const verifier = client.randomPKCECodeVerifier()
  session.asked = { pkceCodeVerifier: verifier, expectedState: client.randomState(), expectedNonce: client.randomNonce(), idTokenExpected: true }
  return client.buildAuthorizationUrl(provider, {
    redirect_uri: callback.href,
    scope: 'openid profile email',
    state: session.asked.expectedState,
    nonce: session.asked.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
}

async function comeBack(session, url) {
  session.tokens = await client.authorizationCodeGrant(provider, url, session.asked)
  session.claims = session.tokens.claims()
  delete session.asked
  return home
}

async function refresh(session) {
  session.tokens = await client.refreshTokenGrant(provider, session.tokens.refresh_token)
  return home
}

async function signOut(session) {
  const { id_token, refresh_token } = session.tokens
  await client.tokenRevocation(provider, refresh_token, { token_type_hint: 'refresh_token' })
  delete session.tokens
  return client.buildEndSessionUrl(provider, { id_token_hint: id_token, post_logout_redirect_uri: home.href })
}

async function show({ tokens, claims }) {
  if (!tokens) return page('signed-out', '<a id="sign-in" href="/sign-in">Sign in</a>')
  const userinfo = await client.fetchUserInfo(provider, tokens.access_token, claims.sub)
  return page('signed-in', `
    <pre id="id-token">${escaped(JSON.stringify(tokens.claims()))}</pre>
    <pre id="userinfo">${escaped(JSON.stringify(userinfo))}</pre>
    <pre id="access-token">${escaped(tokens.access_token)}</pre>
    <form method="post" action="/refresh"><button id="refresh">Refresh</button></form>
    <form method="post" action="/sign-out"><button id="sign-out">Sign out</button></form>`)
}

const page = (state, body) => `<!doctype html><html lang="en"><title>openid-client</title><link rel="icon" href="data:,">
  <main data-state="${state}">${body}</main></html>`
const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

// The name is not `session`: cookies don't know ports, and the provider is on this host too.
function sessionOf(request, response) {
  let id = request.headers.cookie?.match(/(?:^|; )node-app=([^;]+)/)?.[1]
  if (!sessions.has(id)) {
    id = randomUUID()
    sessions.set(id, {})
    response.setHeader('set-cookie', `node-app=${id}; Path=/; HttpOnly; SameSite=Lax`)
  }
  return sessions.get(id)
}

const routes = {
  'GET /sign-in': signIn,
  'GET /callback': comeBack,
  'POST /refresh': refresh,
  'POST /sign-out': signOut,
}

createServer(async (request, response) => {
  try {
    const session = sessionOf(request, response)
    const url = new URL(request.url, home)
    const act = routes[`${request.method} ${url.pathname}`]
    if (act) return response.writeHead(303, { location: (await act(session, url)).href }).end()
    if (url.pathname !== '/') return response.writeHead(404).end()
    return response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(await show(session))
  } catch (error) {
    console.error(error)
    return response.writeHead(500, { 'content-type': 'text/html; charset=utf-8' }).end(page('failed', `<pre>${escaped(String(error))}</pre>`))
  }
}).listen(PORT, '127.0.0.1', () => console.log('ready'))
