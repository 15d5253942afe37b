/** What somebody at the command line is told when there is no card to talk to. */
import type { Absence } from '../card/apdu/secure-element.ts'

/** Why there is no card to talk to, and what to do. */
export const cardSentences: Readonly<Record<Absence, string>> = {
  'no-card': 'no card was put into the reader',
  'taken-out': 'the card was taken out in the middle of it: leave it in until you are told',
  'in-use': 'another program is using the card in this reader: close it, then try again',
  mute: 'what is in the reader does not answer: is it the card, and the right way round?',
  'no-answer': 'the card takes too long to answer: take it out, put it in again, then try once more',
  'no-reader': 'there is no card reader (any more): plug one in, then try again',
  'no-service':
    'the card service of this machine does not run: start it (sudo systemctl start pcscd.socket, or as root pcscd), then try again',
  'not-allowed': 'the card service does not let you use readers: its polkit rules, or root, decide who may',
  'not-built': 'what talks to card readers was not built here: node setup/main.mjs test, or --reader again, builds it',
}
