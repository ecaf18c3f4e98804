import { isUtf8 } from 'node:buffer'
import { type KeyObject, verify } from 'node:crypto'
import {
  type AuditRecord,
  type ChainHead,
  MalformedRecord,
  NO_RECORD,
  type SignedRecord,
  checkpointText,
  hashAuditLine,
} from '../../codec/audit-record.js'
import { decodeAuditRecord } from '../../codec/decode-audit-record.js'
import { grouped } from '../../core/grouped.js'

/** A record of a chain is not as it was written; the message is a sentence about it. */
export class BrokenChain extends Error {
  override readonly name = 'BrokenChain'
}

/** A head of a chain that is known from elsewhere. */
export interface KnownHead extends ChainHead {
  /** Where it is known from, for the report. */
  readonly source: string
}

/** Judges the records of one chain, one after the other. */
export class ChainJudge {
  readonly #writer: string
  /** By the hexadecimal DER that a chain names its key by. */
  readonly #publicKeys: ReadonlyMap<string, KeyObject>
  #publicKey: KeyObject | undefined
  /** By the number of their record. */
  readonly #known: ReadonlyMap<number, readonly KnownHead[]>
  /** Hashes of the records from the last one that the HSM has vouched for. */
  readonly #hashes = new Map<number, string>([[0, NO_RECORD]])
  #n = 0
  #hash = NO_RECORD
  #time = 0
  #events = 0
  #signedN = 0
  #closed = false

  constructor(
    writer: string,
    about: { readonly publicKeys: readonly KeyObject[]; readonly known: readonly KnownHead[] },
  ) {
    this.#writer = writer
    this.#publicKeys = new Map(
      about.publicKeys.map((key) => [
        key.export({ type: 'spki', format: 'der' }).toString('hex'),
        key,
      ]),
    )
    this.#known = grouped(about.known, ({ n }) => n)
  }

  /** The last record that is right; nothing before the first. */
  get head(): ChainHead | undefined {
    return this.#n === 0 ? undefined : { writer: this.#writer, n: this.#n, hash: this.#hash }
  }

  get events(): number {
    return this.#events
  }

  /** The last record that the HSM has vouched for. */
  get signedN(): number {
    return this.#signedN
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Time of the last record, in milliseconds since 1970. */
  get time(): number {
    return this.#time
  }

  /**
   * Judges the next line.
   *
   * @throws BrokenChain
   */
  take(bytes: Uint8Array): AuditRecord {
    const record = decoded(bytes)
    if (this.#closed) throw new BrokenChain('It follows the record that closed the chain.')
    this.#requirePlace(record)
    const hash = hashAuditLine(bytes)
    this.#requireType(record)
    this.#requireKnown(record.n, hash)
    this.#n = record.n
    this.#hash = hash
    this.#time = Date.parse(record.time)
    this.#hashes.set(record.n, hash)
    if (record.type === 'event') this.#events += 1
    if (record.type === 'closed') this.#closed = true
    return record
  }

  /**
   * Judges that nothing is missing at the end.
   *
   * @throws BrokenChain
   */
  end(): void {
    for (const [n, heads] of this.#known) {
      if (n <= this.#n) continue
      const [source = ''] = heads.map((head) => head.source)
      throw new BrokenChain(`The chain ends at record ${this.#n}; ${source} knows its record ${n}.`)
    }
  }

  #requirePlace({ writer, n, prev, time, clock_back_ms }: AuditRecord): void {
    if (writer !== this.#writer) throw new BrokenChain('It is of another chain.')
    if (n !== this.#n + 1) {
      throw new BrokenChain(`It has the number ${n}; ${this.#n + 1} is missing.`)
    }
    if (prev !== this.#hash) {
      throw new BrokenChain('It does not follow the record before: one of the two was changed.')
    }
    const back = this.#n === 0 ? 0 : this.#time - Date.parse(time)
    if ((clock_back_ms ?? 0) !== Math.max(0, back)) {
      throw new BrokenChain('What it says of the clock does not fit the record before.')
    }
  }

  #requireType(record: AuditRecord): void {
    if ((record.type === 'opened') !== (this.#n === 0)) {
      throw new BrokenChain('A chain begins with one record of the type opened, and has no other.')
    }
    if (record.type === 'opened') {
      this.#publicKey = this.#publicKeys.get(record.public_key)
      if (!this.#publicKey) throw new BrokenChain('The chain names another audit key.')
    }
    if (record.type === 'checkpoint' || record.type === 'closed') this.#requireSigned(record)
  }

  #requireSigned(record: SignedRecord): void {
    const { type, signed_n, signed_hash, signature } = record
    if (signed_n > this.#n || (type === 'closed' && signed_n !== this.#n)) {
      throw new BrokenChain('It vouches for a record that does not stand where it must.')
    }
    if (this.#hashes.get(signed_n) !== signed_hash) {
      throw new BrokenChain('It vouches for another record than the one that stands there.')
    }
    const key = this.#publicKey && ({ key: this.#publicKey, dsaEncoding: 'ieee-p1363' } as const)
    const text = Buffer.from(checkpointText(record))
    if (!key || !verify('sha256', text, key, Buffer.from(signature, 'hex'))) {
      throw new BrokenChain('Its signature is not one of the audit key.')
    }
    this.#signedN = signed_n
    for (const n of this.#hashes.keys()) {
      if (n >= signed_n) break
      this.#hashes.delete(n)
    }
  }

  #requireKnown(n: number, hash: string): void {
    const other = this.#known.get(n)?.find((head) => head.hash !== hash)
    if (other) throw new BrokenChain(`It is another one than the one that ${other.source} knows.`)
  }
}

function decoded(bytes: Uint8Array): AuditRecord {
  if (!isUtf8(bytes)) throw new BrokenChain('It is not UTF-8.')
  try {
    return decodeAuditRecord(Buffer.from(bytes).toString())
  } catch (cause) {
    if (!(cause instanceof MalformedRecord)) throw cause
    throw new BrokenChain(cause.message, { cause })
  }
}
