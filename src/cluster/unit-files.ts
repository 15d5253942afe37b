/** Units of systemd for a member's programs. Debian's own, which start them with a configuration of theirs, stay off. */
import { join } from 'node:path'
import { type Member, memberFiles } from './plan.ts'

export function unitFiles({ files, data }: Member): Readonly<Record<string, string>> {
  return {
    'tonebank-etcd.service': unit({
      does: 'etcd of the cluster that keeps the books of Tonebank',
      after: 'network-online.target time-sync.target',
      service: ['Type=notify', `ExecStart=/usr/bin/etcd --config-file ${join(files, memberFiles.etcd)}`],
      data,
    }),
    'tonebank-patroni.service': unit({
      does: 'Patroni of the cluster that keeps the books of Tonebank',
      after: 'network-online.target time-sync.target tonebank-etcd.service',
      service: [
        `ExecStart=/usr/bin/patroni ${join(files, memberFiles.patroni)}`,
        'ExecReload=/bin/kill -HUP $MAINPID',
        // Patroni ends PostgreSQL in order, which a signal to all would not.
        'KillMode=process',
        'TimeoutStopSec=60',
      ],
      data,
    }),
  }
}

interface Unit {
  readonly does: string
  readonly after: string
  readonly service: readonly string[]
  readonly data: string
}

function unit({ does, after, service, data }: Unit): string {
  return `[Unit]
Description=${does}
Wants=network-online.target time-sync.target
After=${after}

[Service]
User=postgres
Group=postgres
${service.join('\n')}
Restart=always
RestartSec=1
NoNewPrivileges=yes
ProtectHome=yes
PrivateTmp=yes
ReadWritePaths=${data}

[Install]
WantedBy=multi-user.target
`
}
