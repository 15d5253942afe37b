/**
 * Has a form signed with a passkey before it is sent: asks the browser for what stands at the form, and sends the answer along.
 * What it was that was signed, the bank checks.
 */

const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), each => each.charCodeAt(0))
const text = buffer =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '')

const named = credential => ({ ...credential, id: bytes(credential.id) })

/** The options as the browser wants them: what is binary came as base64url. */
function read(options) {
  const { challenge, user, allowCredentials, excludeCredentials } = options
  return {
    ...options,
    challenge: bytes(challenge),
    ...(user && { user: { ...user, id: bytes(user.id) } }),
    ...(allowCredentials && { allowCredentials: allowCredentials.map(named) }),
    ...(excludeCredentials && { excludeCredentials: excludeCredentials.map(named) }),
  }
}

function written({ id, rawId, type, response }) {
  const parts = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']
  const said = parts.filter(part => response[part]).map(part => [part, text(response[part])])
  return JSON.stringify({
    id,
    rawId: text(rawId),
    type,
    clientExtensionResults: {},
    response: Object.fromEntries(said),
  })
}

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const button = form.querySelector('button')
  const failed = form.querySelector('[data-failed]')
  form.addEventListener('submit', async event => {
    event.preventDefault()
    if (button.disabled) return
    button.disabled = true
    failed.hidden = true
    try {
      const publicKey = read(JSON.parse(form.dataset.options))
      const credentials = navigator.credentials
      const asked =
        form.dataset.passkey === 'create' ? credentials.create({ publicKey }) : credentials.get({ publicKey })
      form.elements.response.value = written(await asked)
      form.submit()
    } catch {
      // Refused, cancelled, or too late: nothing was sent.
      button.disabled = false
      failed.hidden = false
      button.focus()
    }
  })
}
