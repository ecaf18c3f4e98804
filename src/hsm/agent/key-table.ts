/** Length of the CKA_ID of a key of this service. */
const ID_BYTES = 20
/** CK_OBJECT_HANDLE of a 64-bit library. */
const HANDLE_BYTES = 8
const ENTRY_BYTES = ID_BYTES + HANDLE_BYTES

/**
 * Handles by CKA_ID in memory that the threads of a process share, sorted by id: a map of ten thousand keys in each of
 * thirty threads would take 100 MB. Object handles hold for all sessions of a process (PKCS#11 v3.1 section 4.1).
 */
export class KeyTable {
  readonly shared: SharedArrayBuffer
  readonly #bytes: Buffer

  /** Reads what {@link KeyTable.of} wrote, in whichever thread. */
  constructor(shared: SharedArrayBuffer) {
    this.shared = shared
    this.#bytes = Buffer.from(shared)
  }

  /** Puts handles together by the hexadecimal of their id. Ids and handles of other lengths are left out. */
  static of(handles: ReadonlyMap<string, Buffer>): KeyTable {
    const entries = [...handles]
      .map(([id, handle]) => Buffer.concat([Buffer.from(id, 'hex'), handle]))
      .filter(({ length }) => length === ENTRY_BYTES)
      .sort((one, other) => one.compare(other))
    const table = new KeyTable(new SharedArrayBuffer(entries.length * ENTRY_BYTES))
    for (const [index, entry] of entries.entries()) table.#bytes.set(entry, index * ENTRY_BYTES)
    return table
  }

  /** The handle of an id, or nothing. */
  find(id: Buffer): Buffer | undefined {
    if (id.length !== ID_BYTES) return undefined
    let [from, to] = [0, this.#bytes.length / ENTRY_BYTES]
    while (from < to) {
      const middle = Math.floor((from + to) / 2)
      const at = middle * ENTRY_BYTES
      const order = id.compare(this.#bytes, at, at + ID_BYTES)
      if (order === 0) return Buffer.from(this.#bytes.subarray(at + ID_BYTES, at + ENTRY_BYTES))
      if (order < 0) to = middle
      else from = middle + 1
    }
    return undefined
  }
}
