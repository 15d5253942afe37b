/**
 * What the process that starts the switch counts, in the text that Prometheus reads: whether Asterisk answers, and what the edge of the
 * network kept off. An address is no label: whoever scans would make as many rows as they like.
 */
import { Counter, Gauge, Registry } from 'prom-client'

export interface MeasuredSwitch {
  readonly isAnswering: () => boolean
  /** Undefined where the network is not let in. */
  readonly security: () =>
    | { readonly offences: ReadonlyMap<string, number>; readonly blocks: readonly unknown[] }
    | undefined
}

export class SwitchMetrics {
  readonly #registry = new Registry()

  constructor({ isAnswering, security }: MeasuredSwitch) {
    const registers = [this.#registry]
    new Gauge({
      ...{ name: 'tonebank_asterisk_answers', help: '1 while Asterisk answers by ARI and AMI.', registers },
      collect() {
        this.set(Number(isAnswering()))
      },
    })
    new Gauge({
      name: 'tonebank_addresses_shut_out',
      help: 'Addresses of the network whose calls are not taken for a time.',
      registers,
      collect() {
        this.set(security()?.blocks.length ?? 0)
      },
    })
    new Counter({
      name: 'tonebank_security_events_total',
      help: 'What callers from the network did wrong, by kind.',
      ...{ labelNames: ['kind'], registers },
      collect() {
        this.reset()
        for (const [kind, count] of security()?.offences ?? []) this.inc({ kind }, count)
      },
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
