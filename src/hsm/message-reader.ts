import { BrokenMessage, TAG } from './message-form.js'
import { wordOfNumber } from './words.js'

/**
 * Decodes what a MessageWriter wrote, without its length. Byte arrays are views of `bytes`: whoever zeroes them zeroes the only copy.
 *
 * @throws BrokenMessage
 */
export function decodeMessage(bytes: Buffer): unknown {
  const reader = new MessageReader(bytes)
  const value = reader.value()
  if (!reader.done) throw new BrokenMessage('The message is longer than its value.')
  return value
}

class MessageReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  value(): unknown {
    const tag = this.#byte()
    switch (tag) {
      case TAG.nothing:
        return undefined
      case TAG.null:
        return null
      case TAG.false:
        return false
      case TAG.true:
        return true
      case TAG.number:
        return this.#bytes.readDoubleLE(this.#take(8))
      case TAG.text:
      case TAG.word:
        return this.#text(tag)
      case TAG.bytes:
        return this.#byteArray()
      case TAG.list:
        return this.#list()
      case TAG.record:
        return this.#record()
      default:
        throw new BrokenMessage('The message has an unknown tag.')
    }
  }

  #text(tag: number): string {
    if (tag === TAG.word) return this.#word()
    if (tag !== TAG.text) throw new BrokenMessage('A member of the message has no name.')
    const length = this.#count()
    const from = this.#take(length)
    return this.#bytes.toString('utf8', from, from + length)
  }

  #word(): string {
    const word = wordOfNumber(this.#byte())
    if (word === undefined) throw new BrokenMessage('The message has an unknown word.')
    return word
  }

  #byteArray(): Buffer {
    const length = this.#count()
    const from = this.#take(length)
    return this.#bytes.subarray(from, from + length)
  }

  #list(): unknown[] {
    const items: unknown[] = []
    for (let left = this.#count(); left > 0; left--) items.push(this.value())
    return items
  }

  #record(): Record<string, unknown> {
    const record: Record<string, unknown> = {}
    for (let left = this.#count(); left > 0; left--) {
      const name = this.#text(this.#byte())
      record[name] = this.value()
    }
    return record
  }

  #byte(): number {
    // The step checks that it is there.
    return this.#bytes[this.#take(1)] ?? 0
  }

  #count(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }

  /** Steps over bytes and returns where they begin. */
  #take(length: number): number {
    const from = this.#at
    if (from + length > this.#bytes.length) throw new BrokenMessage('The message is cut short.')
    this.#at = from + length
    return from
  }
}
