/**
 * The floors of the house: imports go down only, and none sideways but where named. `docs/architecture.md` explains.
 */
const floors = [
  [
    'src/(runtime|money|secret|bytes|invariant|canonical|check-digits|languages|ids|origin|back-off|alarm|g711|sip-message|sip-digest|error-code|sip-framing|trace|carrier)\\.ts$',
    'src/store/',
    'src/keys/',
    'src/modem/',
    'src/rtp/',
    'src/confirmations/',
  ],
  ['src/speech/', 'src/card/', 'src/ledger/', 'src/voucher/', 'src/mail/'],
  ['src/phone/', 'src/institution/', 'src/clearing/', 'src/card-receiver/'],
  ['src/bank/', 'src/merchant/', 'src/securities/'],
  ['ivr/', 'dialplan/', 'src/web/', 'src/operations/', 'src/switch/', 'src/terminal/', 'src/cluster/'],
  ['bin/', 'demo/', 'setup/'],
]

const at = patterns => `^(${patterns.join('|')})`
const upward = floors.slice(0, -1).map((rooms, floor) => ({
  name: `floor-${floor + 1}-imports-upward`,
  severity: 'error',
  from: { path: at(rooms) },
  to: { path: at(floors.slice(floor + 1).flat()) },
}))

/** Neighbours that may: the per-record keys are a database of their own. */
const neighbours = { 'src/keys/': ['src/store/'] }

/** Neighbours on one floor that may not see each other. */
const sideways = floors.slice(0, -1).flatMap(rooms =>
  rooms
    .filter(room => room.endsWith('/'))
    .map(room => ({
      name: `${room.replace('src/', '').replace('/', '')}-imports-sideways`,
      severity: 'error',
      // What a page loads is of no floor: a rule of its own says what it is made of.
      from: { path: `^${room}`, pathNot: '^src/web/telephone/' },
      to: {
        path: at(rooms.filter(other => other !== room && other.endsWith('/') && !neighbours[room]?.includes(other))),
      },
    })),
)

/** What the browser's terminal is made of, on the page to start with (`src/web/telephone/`) and in tests. */
const inBrowsers =
  '^src/(modem/|card/|phone/(exchange/|frames/(digit-frame|frame-listener)\\.ts$)|terminal/(bank-line|exchange|keyed|line|memory-line|outgoing|pace|payee-line|payment|signatures-text|wanted)\\.ts$|rtp/packet-order\\.ts$|(bytes|canonical|check-digits|g711|ids|money|secret)\\.ts$)'

/** Who alone may say what. */
const only = [
  ['ari-client', '^src/phone/asterisk/|^test/|^bench/'],
  ['asterisk-manager', '^src/(operations|switch)/|^test/'],
  ['fluent-ffmpeg', '^src/speech/'],
  ['say', '^src/speech/'],
  ['better-sqlite3', '^src/store/|^test/|^bench/'],
  ['pg', '^src/store/keeper/|^test/|^bench/'],
  ['prom-client', '^src/operations/'],
  ['@opentelemetry/api', '^src/operations/traces/|^test/'],
  ['jssip', '^src/web/telephone/'],
  ['nodemailer', '^src/confirmations/'],
  ['ws', '^src/(switch|web)/|^test/'],
].map(([name, from]) => ({
  name: `only-one-room-says-${name}`,
  severity: 'error',
  from: { pathNot: from },
  to: { path: `^node_modules/${name}/` },
}))

module.exports = {
  forbidden: [
    {
      name: 'audit-shares-no-code-with-what-it-checks',
      severity: 'error',
      from: { path: '^src/ledger/audit/' },
      to: {
        path: '^src/(canonical|ledger|keys|voucher|mail|institution|clearing|bank|merchant)',
        pathNot: '^src/ledger/audit/',
      },
    },
    {
      name: 'what-a-page-loads-is-of-the-page-alone',
      severity: 'error',
      from: { path: '^src/web/telephone/' },
      to: { pathNot: `^src/web/telephone/|^node_modules/jssip/|${inBrowsers}`, dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan-imports', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'product-never-imports-tests',
      severity: 'error',
      // The command that runs the benchmarks is the one way to them.
      from: { pathNot: '^(test|bench)/|^bin/commands/bench\\.ts$' },
      to: { path: '^(test|bench)/' },
    },
    {
      // It was written from docs/protocol.md alone, and says whether that page is enough.
      name: 'second-terminal-shares-no-code-with-ours',
      severity: 'error',
      from: { path: '^test/support/second-terminal/' },
      to: { path: '^(src|ivr|bin|demo|bench|test)/', pathNot: '^test/support/second-terminal/' },
    },
    {
      name: 'modem-and-card-run-in-the-browser',
      severity: 'error',
      from: { path: inBrowsers },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'what-runs-in-the-browser-uses-nothing-that-does-not',
      severity: 'error',
      from: { path: inBrowsers },
      to: { path: '^src/', pathNot: inBrowsers, dependencyTypesNot: ['type-only'] },
    },
    ...upward,
    ...sideways,
    ...only,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
}
