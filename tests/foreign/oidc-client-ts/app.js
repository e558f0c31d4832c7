// A single-page application that lets people sign in with WeftID: oidc-client-ts, a public client, everything in the browser.
//
// Issuer and client id come from `settings.json` beside the page. The page shows everything there is, tokens too, because a test reads it;
// an application of yours shows none of that.

const main = document.querySelector('main')
const home = new URL('/', location.href).href
const { UserManager } = window.oidc

async function begin() {
  const { issuer, clientId } = await (await fetch('settings.json')).json()
  const manager = new UserManager({
    authority: issuer,
    client_id: clientId,
    redirect_uri: home,
    post_logout_redirect_uri: home,
    scope: 'openid profile email',
    loadUserInfo: true,
    automaticSilentRenew: false,
  })
  on('sign-in', () => manager.signinRedirect())
  on('refresh', async () => show(await manager.signinSilent()))
  on('sign-out', async () => {
    await manager.revokeTokens(['refresh_token'])
    await manager.signoutRedirect()
  })

  if (new URLSearchParams(location.search).has('code')) {
    await manager.signinCallback()
    history.replaceState(null, '', '/')
  }
  show(await manager.getUser())
}

function show(user) {
  if (user) {
    document.querySelector('#id-token').textContent = JSON.stringify(payload(user.id_token))
    document.querySelector('#userinfo').textContent = JSON.stringify(user.profile)
    document.querySelector('#access-token').textContent = user.access_token
  }
  main.dataset.state = user ? 'signed-in' : 'signed-out'
}

// What the library has checked already; for showing alone.
function payload(jwt) {
  const base64 = jwt.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))))
}

function on(id, act) {
  document.querySelector(`#${id}`).addEventListener('click', () => act().catch(fail))
}

function fail(error) {
  console.error(error)
  document.querySelector('#failure').textContent = error.message
  main.dataset.state = 'failed'
}

begin().catch(fail)
