/** The cluster of PostgreSQL that keeps books. */
import { type Command, InvalidArgumentError } from 'commander'

export function addCluster(program: Command): void {
  const cluster = program.command('cluster').description('PostgreSQL on three machines that fail over, for kept books')

  cluster
    .command('write')
    .description('write what each of its machines needs: etcd, Patroni, certificates, passwords')
    .argument('<folder>', 'a new one, with a folder in it for each machine')
    .requiredOption('--machine <name=address>', 'one of three, or another odd number, by its IPv4 address', machines)
    .option('--files <folder>', 'where on a machine its folder will lie', '/etc/tonebank-cluster')
    .option('--books <folder>', 'where on a machine its programs keep what they keep', '/var/lib/tonebank-cluster')
    .option('--postgres <folder>', "PostgreSQL's programs there", '/usr/lib/postgresql/15/bin')
    .action(async (folder, options) => (await import('../commands/cluster.ts')).write(folder, options))

  cluster
    .command('demo')
    .description('such a cluster on the loopback, thrown away when it is stopped, to fail over by hand')
    .action(async () => (await import('../commands/cluster.ts')).demo())

  cluster
    .command('containers')
    .description('write what the containers of compose.cluster.yaml start from, once; they call it themselves')
    .argument('<folder>', 'where the volumes of its members and machines are')
    .action(async folder => (await import('../commands/cluster-containers.ts')).containers(folder))
}

export interface NamedMachine {
  readonly name: string
  readonly address: string
}

function machines(text: string, before: readonly NamedMachine[] = []): readonly NamedMachine[] {
  const [, name, address] = /^([a-z][a-z0-9-]{0,30})=((?:\d{1,3}\.){3}\d{1,3})$/.exec(text) ?? []
  if (name === undefined || address === undefined)
    throw new InvalidArgumentError('It is no name and IPv4 address, such as books-1=10.0.0.11.')
  if (before.some(each => each.name === name || each.address === address))
    throw new InvalidArgumentError('It is there already.')
  return [...before, { name, address }]
}
