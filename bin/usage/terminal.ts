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

At another machine's exchange, by TLS and SRTP:

  tonebank terminal 9001 --card my.card --exchange bank.example:5061 --fingerprint 1A:2B:… --user room1 --password-file room1.txt
`

export function addTerminal(program: Command): void {
  ofInstallation(program.command('terminal'))
    .description(
      'a payment terminal: phone a bank or a payee, see what a card is to sign, sign it and hear what came of it',
    )
    .argument('<number>', 'the bank’s, such as 9001, or that of a payee in the directory, such as 8001')
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
    .option('--exchange <host:port>', 'another exchange than that of the installation')
    .option('--fingerprint <sha256>', 'of its certificate: by TLS and SRTP')
    .option('--user <name>', 'the telephone’s SIP user', 'phone1')
    .option('--password-file <file>', 'its first line is the SIP user’s password')
    .addHelpText('after', example)
    .action(async (number, options) => (await import('../commands/terminal.ts')).terminal(number, options))
}
