/** `tonebank terminal`: a payment terminal at the command line. */
import type { Command } from 'commander'
import { ofInstallation } from './shared.ts'

const example = `
Beside a demonstration that "npm start" runs (which prints card, PIN and password):

  tonebank terminal 9001 --card data/institutions/harbour/cards/NUMBER.card --to ACCOUNT --amount 1200

With a card in a reader (the number comes first, as a name may follow --reader):

  tonebank terminal 9001 --reader --to ACCOUNT --amount 1200

At a payee that takes cards, which is paid itself (8001 of the demonstration):

  tonebank terminal 8001 --card data/institutions/harbour/cards/NUMBER.card --amount 1200

At a securities firm (7001 of the demonstration): sign in, bring money, buy at the price of now, sell with a limit, each signed by the card

  tonebank terminal 7001 --card data/institutions/harbour/cards/NUMBER.card --trade 'bring-in 500' 'buy 101 20' 'sell 102 1 251.50'

What is said there is kept by --record, prices and holdings, too:

  tonebank terminal 7001 --card … --trade prices holdings --record heard.wav

Without anything after --trade it asks what to do. "buy 101=CNE100000TE7 20" also says which security that has to be: then another one is
not signed, and a line that carries digits only will do.

At another machine's exchange, by TLS and SRTP:

  tonebank terminal 9001 --card my.card --exchange bank.example:5061 --fingerprint 1A:2B:… --user room1 --password-file room1.txt
`

export function addTerminal(program: Command): void {
  ofInstallation(program.command('terminal'))
    .description(
      'a payment terminal: phone a bank, a payee or a securities firm, see what a card is to sign, sign it and hear what came of it',
    )
    .argument('<number>', 'the bank’s, such as 9001, or that of a payee or firm in the directory, such as 8001 or 7001')
    .option('--reader [name]', 'the card in this reader, by a part of its name; in the only one without a name')
    .option('--card <file>', 'in place of that a card in software, as "tonebank card issue" makes it')
    .option(
      '--directory <file>',
      'the signed directory of the bank; directory.cose beside the card, or in its bank’s folder `cards`, without it',
    )
    .option('--directory-key <file>', 'the key that signed it, in hex; directory-key.txt there without it')
    .option('--account <account>', 'who calls a bank; the card’s account without it')
    .option('--to <account>', 'whom to pay at a bank; it is asked for without it')
    .option('--amount <yuan>', 'how much, such as 1200 or 12.50; it is asked for without it')
    .option(
      '--trade [what...]',
      'sign in at a securities firm, and do these one after the other; asked for without any',
    )
    .option('--record <file>', 'keep what the other end says as a sound file (WAV), to be heard afterwards')
    .option('--exchange <host:port>', 'another exchange than that of the installation')
    .option('--fingerprint <sha256>', 'of its certificate: by TLS and SRTP')
    .option('--user <name>', 'the telephone’s SIP user', 'phone1')
    .option('--password-file <file>', 'its first line is the SIP user’s password')
    .addHelpText('after', example)
    .action(async (number, options) => (await import('../commands/terminal.ts')).terminal(number, options))
}
