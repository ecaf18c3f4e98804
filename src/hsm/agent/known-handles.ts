import { KeyTable } from './key-table.js'

/** The handles that a session knows, by the hexadecimal of their CKA_ID. */
export class KnownHandles {
  readonly #own = new Map<string, Buffer>()
  /** What another thread of the process found at its start, and what of it turned out to be gone. */
  readonly #table: KeyTable | undefined
  readonly #gone = new Set<string>()

  constructor(shared?: SharedArrayBuffer) {
    this.#table = shared && new KeyTable(shared)
  }

  get(id: string): Buffer | undefined {
    const own = this.#own.get(id)
    if (own || !this.#table || this.#gone.has(id)) return own
    const handle = this.#table.find(Buffer.from(id, 'hex'))
    if (handle) this.#own.set(id, handle)
    return handle
  }

  set(id: string, handle: Buffer): void {
    this.#own.set(id, handle)
  }

  delete(id: string): void {
    this.#own.delete(id)
    if (this.#table) this.#gone.add(id)
  }

  /** What is known now, for the other threads of the process. */
  share(): SharedArrayBuffer {
    return KeyTable.of(this.#own).shared
  }
}
