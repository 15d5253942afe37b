/** What whoever looks for a way out of an exchange dials. */

/** Premium, satellite and foreign numbers, prefixes of exchanges. */
export const foreignNumbers = [
  '0015551234567',
  '+19005551234',
  '900441632960000',
  '011881612345678',
  '9011442079460000',
  '00972599000000',
]

/** What other exchanges take for commands, channels, files and queries. */
export const strangeDialStrings = [
  ...['PJSIP/0015551234567', 'SIP/trunk/0015551234567', 'Local%2F9001%40callers'],
  ...['9001&PJSIP/0015551234567', '9001,1,Dial(PJSIP/0015551234567)', '9001%0D%0Aexten', '%24%7BSHELL(id)%7D'],
  ...['../../etc/passwd', "9001'--", 'h', 'i', 't', 's', 'T', 'o', '*67', '**9001', 'released'],
  ...['#31#0015551234567', '9001;phone-context=+1'],
  ...['%00', '9001%00', '0'.repeat(200), 'x'.repeat(500), 'sip:0015551234567', 'tel:+15551234567', 'callers', 'pages'],
]

/** No SIP URIs: Asterisk lets such requests fall. */
export const malformedDialStrings = [
  'PJSIP%2F0015551234567@example.org',
  'Local/9001@callers/n',
  `\${SHELL(id)}`,
  '$[1+1]',
]
