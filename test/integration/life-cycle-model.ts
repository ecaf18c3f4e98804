/** State of a key by its number on the wire. */
type State = '2' | '3' | '4' | '5'

interface Material {
  /** Whether it ever encrypted; else it waits for the next rotation. */
  used: boolean
  present: boolean
}

/**
 * What the documents say of one key, and no more: its state, its names, its rotation, and which of its materials are
 * there. Each step answers the code of the refusal, or nothing where it succeeds.
 */
export class KeyModel {
  readonly origin: 'kms' | 'external'
  state: State
  alias: string
  description = ''
  rotating = false
  interval = 365
  rotations = 0
  readonly #materials = new Map<number, Material>()

  constructor(origin: 'kms' | 'external', alias: string) {
    this.origin = origin
    this.alias = alias
    this.state = origin === 'kms' ? '2' : '5'
  }

  enable(): string | undefined {
    if (this.state === '4') return 'KMS.0210'
    if (this.state !== '3') return 'KMS.1201'
    this.state = '2'
    return undefined
  }

  disable(): string | undefined {
    if (this.state === '4') return 'KMS.0210'
    if (this.state !== '2') return 'KMS.1301'
    this.state = '3'
    return undefined
  }

  schedule(): string | undefined {
    if (this.state === '4') return 'KMS.1402'
    this.state = '4'
    return undefined
  }

  cancel(): string | undefined {
    if (this.state !== '4') return 'KMS.1501'
    this.state = this.origin === 'kms' || this.#isComplete() ? '3' : '5'
    return undefined
  }

  rename(alias: string): string | undefined {
    if (this.state === '4') return 'KMS.0210'
    this.alias = alias
    return undefined
  }

  redescribe(description: string): string | undefined {
    if (this.state === '4') return 'KMS.0210'
    this.description = description
    return undefined
  }

  /** What encryption and decryption answer. */
  use(): string | undefined {
    if (this.state === '3') return 'KMS.0209'
    if (this.state === '4') return 'KMS.0210'
    return this.state === '5' ? 'KMS.1301' : undefined
  }

  rotate(): string | undefined {
    const refusal = this.use()
    if (refusal !== undefined) return refusal
    if (this.origin === 'external') {
      const waiting = this.#waiting()
      if (!waiting) return 'KMS.0312'
      waiting.used = true
    }
    this.rotations += 1
    return undefined
  }

  setRotation(wanted: boolean): string | undefined {
    if (this.origin === 'external') return 'KMS.0312'
    const refusal = this.use()
    if (refusal !== undefined) return refusal
    if (this.rotating === wanted) return wanted ? 'KMS.2901' : 'KMS.0313'
    this.rotating = wanted
    return undefined
  }

  setInterval(days: number): string | undefined {
    if (this.origin === 'external') return 'KMS.0312'
    const refusal = this.use()
    if (refusal !== undefined) return refusal
    if (!this.rotating) return 'KMS.0313'
    this.interval = days
    return undefined
  }

  /** What get-parameters-for-import answers. */
  askForParameters(): string | undefined {
    if (this.origin === 'kms') return 'KMS.0309'
    return this.state === '5' || this.state === '2' ? undefined : 'KMS.0310'
  }

  import(number: number): string | undefined {
    const known = this.#materials.get(number)
    if (this.state === '2' && this.#waiting()) return 'KMS.0310'
    if (known?.present) return 'KMS.0310'
    const isFirst = ![...this.#materials.values()].some(({ used }) => used)
    if (!known && this.state === '5' && !isFirst) return 'KMS.2606'
    this.#materials.set(number, { used: known?.used ?? isFirst, present: true })
    if (this.state === '5' && this.#isComplete()) this.state = '2'
    return undefined
  }

  deleteMaterial(): string | undefined {
    if (this.origin === 'kms') return 'KMS.0309'
    if (this.state !== '2' && this.state !== '3') return 'KMS.2701'
    for (const material of this.#materials.values()) material.present = false
    this.state = '5'
    return undefined
  }

  #waiting(): Material | undefined {
    return [...this.#materials.values()].find(({ used, present }) => present && !used)
  }

  /** Whether all is there that anything was ever encrypted with. */
  #isComplete(): boolean {
    const used = [...this.#materials.values()].filter((material) => material.used)
    return used.length > 0 && used.every(({ present }) => present)
  }
}
