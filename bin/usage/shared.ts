/** Options and arguments that many sub-commands share. */
import { type Command, InvalidArgumentError } from 'commander'

/** Which installation a command is about. */
export function ofInstallation(command: Command): Command {
  return command
    .option('--config <file>', "the installation's file; its books, keys and ports lie beside it")
    .option('--data <folder>', 'a folder with a tonebank.yaml in it, which the first start makes', 'data')
}

export const institutionArgument = ['<institution>', 'its id in the file'] as const

/** Of a command that one person signs with their own key. */
export function signed(command: Command): Command {
  return ofInstallation(command)
    .requiredOption('--as <name>', 'who signs: a person whose key lies in the folder `people`')
    .option('--passphrase-file <file>', 'its first line is the passphrase, - is standard input; without it you type')
}

/** Signed by one person, for another to approve. */
export function proposing(command: Command): Command {
  return signed(command).option('--why <text>', 'what it is for: signed with it, and read by whoever approves')
}

export function ofFirstTwo(command: Command): Command {
  return ofInstallation(command)
    .requiredOption('--first <name>', 'one of the two people who decide there at first')
    .requiredOption('--second <name>', 'the other')
    .option('--first-passphrase <file>', 'a file with the passphrase of the one; without it they type')
    .option('--second-passphrase <file>', 'a file with that of the other')
}

export function named(command: Command): Command {
  return command
    .requiredOption('--name-en <name>', 'as it is said in English')
    .requiredOption('--name-zh <name>', 'as it is said in Mandarin')
}

export function portNumber(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new InvalidArgumentError('It is no port number.')
}

export function wholeNumber(text: string): bigint {
  if (/^\d{1,15}$/.test(text)) return BigInt(text)
  throw new InvalidArgumentError('It is no whole number.')
}

/** Of an argument that comes more than once. */
export function wholeNumbers(text: string, before: readonly bigint[] = []): readonly bigint[] {
  return [...before, wholeNumber(text)]
}

export function minorAmounts(text: string): number[] {
  return text.split(',').map(each => {
    const minor = Number(each)
    if (Number.isSafeInteger(minor) && minor > 0) return minor
    throw new InvalidArgumentError('They are no amounts in minor units, such as 2000,5000.')
  })
}
