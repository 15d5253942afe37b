/**
 * What makes the pages a little easier where scripts run; each of them works without. Groups of four while a number is typed,
 * a button that shows a secret, a word while an answer takes longer than 400 ms, and no secret on a page that was left open.
 */

for (const input of document.querySelectorAll('input[data-groups]')) {
  input.addEventListener('input', () => {
    const before = input.value.slice(0, input.selectionStart ?? 0).replace(/\D/g, '').length
    const digits = input.value.normalize('NFKC').replace(/\D/g, '')
    const grouped = digits.replace(/(.{4})(?=.)/g, '$1 ')
    if (grouped === input.value) return
    input.value = grouped
    const at = before + Math.max(0, Math.ceil(before / 4) - 1)
    input.setSelectionRange(at, at)
  })
}

for (const secret of document.querySelectorAll('.secret')) {
  const input = secret.querySelector('input')
  const button = document.createElement('button')
  button.type = 'button'
  button.setAttribute('aria-controls', input.id)
  const say = () => {
    button.textContent = input.type === 'password' ? secret.dataset.show : secret.dataset.hide
  }
  button.addEventListener('click', () => {
    input.type = input.type === 'password' ? 'text' : 'password'
    say()
    input.focus()
  })
  say()
  secret.append(button)
}

for (const form of document.querySelectorAll('form')) {
  form.addEventListener('submit', () => {
    const button = form.querySelector('button[data-wait]')
    for (const { firstElementChild: input } of form.querySelectorAll('.secret')) input.type = 'password'
    if (button && form.dataset.passkey === undefined)
      setTimeout(() => {
        button.textContent = button.dataset.wait
      }, 400)
  })
}

// Another look at a page from the browser's memory is a look at it as it is now.
window.addEventListener('pageshow', event => {
  if (event.persisted) location.reload()
})

const told = document.querySelectorAll('.told[data-hidden]')
if (told.length > 0) {
  setTimeout(() => {
    for (const each of told) each.textContent = each.dataset.hidden
  }, 60_000)
}
