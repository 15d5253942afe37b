/**
 * Renews a page's sections as its server tells of them: each event names sections by their ids, with their markup, in which the server has
 * escaped every value. What has not changed is not sent, so that nobody loses their place.
 */
const [stale, live] = ['stale', 'live'].map(id => document.getElementById(id))
const language = document.documentElement.lang.slice(0, 2)

const events = new EventSource(`/live?lang=${language}`)
events.addEventListener('open', () => {
  stale.hidden = true
  live.hidden = false
})
events.addEventListener('error', () => {
  stale.hidden = false
  live.hidden = true
  // A browser gives up for good where a server refuses; one that is only away it asks again by itself.
  if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10_000)
})
events.addEventListener('message', ({ data }) => {
  for (const [id, markup] of Object.entries(JSON.parse(data))) {
    const section = document.getElementById(id)
    if (section && section.innerHTML !== markup) section.innerHTML = markup
  }
})
