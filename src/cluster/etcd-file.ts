/** The file of a member's etcd (3.4, `etcd --config-file`): all of it by TLS, and for holders of a certificate of the cluster's alone. */
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type ClusterPlan, type Member, memberFiles } from './plan.ts'

export function etcdFile({ scope, members }: ClusterPlan, member: Member): string {
  const { name, address, ports, files, data } = member
  const peers = ({ address, ports }: Member) => `https://${address}:${ports.etcdPeers}`
  const clients = `https://${address}:${ports.etcdClients}`
  const security = {
    'cert-file': join(files, memberFiles.certificate),
    'key-file': join(files, memberFiles.privateKey),
    'trusted-ca-file': join(files, memberFiles.authority),
    'client-cert-auth': true,
  }
  return stringify({
    name,
    'data-dir': join(data, 'etcd'),
    'listen-peer-urls': peers(member),
    'initial-advertise-peer-urls': peers(member),
    'listen-client-urls': clients,
    'advertise-client-urls': clients,
    'initial-cluster': members.map(each => `${each.name}=${peers(each)}`).join(','),
    'initial-cluster-state': 'new',
    'initial-cluster-token': scope,
    'client-transport-security': security,
    'peer-transport-security': security,
    // By which Patroni speaks to it.
    'enable-v2': true,
    logger: 'zap',
    'log-level': 'warn',
  })
}
