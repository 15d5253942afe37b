/** A terminal's signatures without a result, in memory. */
import { isSameSignature, type Signature, type Unsettled } from '../../src/terminal/payment.ts'

export class UnsettledInMemory implements Unsettled {
  kept: readonly Signature[]

  constructor(kept: readonly Signature[] = []) {
    this.kept = kept
  }

  async find(receiver: Signature['receiver'], card: Signature['card']): Promise<Signature | undefined> {
    return this.kept.find(each => each.receiver === receiver && each.card === card)
  }

  async add(signature: Signature): Promise<void> {
    this.kept = [...this.kept, signature]
  }

  async remove(signature: Signature): Promise<void> {
    this.kept = this.kept.filter(each => !isSameSignature(each, signature))
  }
}
