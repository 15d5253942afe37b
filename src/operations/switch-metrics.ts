/**
 * What the process that starts the switch counts, in the text that Prometheus reads: whether Asterisk and trunks answer, and what the edge
 * of the network kept off. An address is no label: whoever scans would make as many rows as they like.
 */
import { Counter, Gauge, Registry } from 'prom-client'

export interface MeasuredSwitch {
  readonly isAnswering: () => boolean
  /** Where there are several. */
  readonly asterisks?: () => readonly {
    readonly name: string
    readonly isAnswering: boolean
    readonly isDrained: boolean
  }[]
  /** Undefined where the network is not let in. */
  readonly security: () =>
    | { readonly offences: ReadonlyMap<string, number>; readonly blocks: readonly unknown[] }
    | undefined
  readonly trunks?: () => readonly { readonly name: string; readonly state: string }[]
}

export class SwitchMetrics {
  readonly #registry = new Registry()

  constructor({ isAnswering, asterisks = () => [], security, trunks = () => [] }: MeasuredSwitch) {
    const registers = [this.#registry]
    new Gauge({
      ...{ name: 'tonebank_asterisk_answers', help: '1 while Asterisk answers by ARI and AMI.', registers },
      collect() {
        this.set(Number(isAnswering()))
      },
    })
    const ofEach = (name: string, help: string, value: (asterisk: ReturnType<typeof asterisks>[number]) => boolean) =>
      new Gauge({
        ...{ name, help, labelNames: ['asterisk'], registers },
        collect() {
          for (const each of asterisks()) this.set({ asterisk: each.name }, Number(value(each)))
        },
      })
    ofEach('tonebank_asterisk_up', '1 while this Asterisk answers by ARI and AMI.', each => each.isAnswering)
    ofEach('tonebank_asterisk_drained', '1 while this Asterisk is given no new call.', each => each.isDrained)
    new Gauge({
      name: 'tonebank_addresses_shut_out',
      help: 'Addresses of the network whose calls are not taken for a time.',
      registers,
      collect() {
        this.set(security()?.blocks.length ?? 0)
      },
    })
    new Gauge({
      name: 'tonebank_trunk_answers',
      help: '1 while the provider of a trunk answers, and takes our account where we have one there.',
      ...{ labelNames: ['trunk'], registers },
      collect() {
        for (const { name: trunk, state } of trunks())
          this.set({ trunk }, Number(state === 'registered' || state === 'reachable'))
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
