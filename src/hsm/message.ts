import { numberOfWord, wordOfNumber } from './words.js'

/*
 * The form of a message on the channel: 4 bytes with the length of the rest, a tag byte, then the value. Integers are
 * little-endian.
 *
 *   tag  value
 *   0    nothing (undefined)
 *   1    null
 *   2    false
 *   3    true
 *   4    number: 8 bytes, IEEE 754
 *   5    text: 4-byte length, UTF-8
 *   6    bytes: 4-byte length, bytes
 *   7    list: 4-byte count, then the values
 *   8    record: 4-byte count, then a text with its tag and a value for each member
 *   9    text that is a word: 1-byte number of it
 *
 * Written here because the structured clone of V8 costs a sixth of a whole request for the same, and keeps copies of
 * clear data keys where they cannot be zeroed.
 */

/** Bytes before each message: its length, little-endian. */
export const LENGTH_BYTES = 4

const TAG = {
  nothing: 0,
  null: 1,
  false: 2,
  true: 3,
  number: 4,
  text: 5,
  bytes: 6,
  list: 7,
  record: 8,
  word: 9,
} as const

const FIRST_SPACE = 16 * 1024

/** A message that cannot be read: the two ends of the channel disagree. */
export class BrokenMessage extends Error {
  override readonly name = 'BrokenMessage'
}

/** Writes messages into one space of its own, which is zeroed after each. */
export class MessageWriter {
  #space = Buffer.alloc(FIRST_SPACE)
  #at = 0

  /** Encodes a value of plain records, lists, texts, numbers, booleans and byte arrays. */
  encode(value: unknown): Buffer {
    return this.lend(value, (bytes) => {
      const message = Buffer.allocUnsafeSlow(bytes.length)
      bytes.copy(message)
      return message
    })
  }

  /** The same for whoever needs the bytes for one call alone: they are zeroed after it. */
  lend<Result>(value: unknown, use: (message: Buffer) => Result): Result {
    this.#at = LENGTH_BYTES
    try {
      this.#write(value)
      this.#space.writeUInt32LE(this.#at - LENGTH_BYTES, 0)
      return use(this.#space.subarray(0, this.#at))
    } finally {
      this.#space.fill(0, 0, this.#at)
    }
  }

  #write(value: unknown): void {
    if (typeof value === 'string') {
      this.#text(value)
    } else if (typeof value === 'number') {
      this.#byte(TAG.number)
      this.#need(8)
      this.#at = this.#space.writeDoubleLE(value, this.#at)
    } else if (typeof value === 'object') {
      this.#object(value)
    } else if (typeof value === 'boolean') {
      this.#byte(value ? TAG.true : TAG.false)
    } else if (value === undefined) {
      this.#byte(TAG.nothing)
    } else {
      throw new BrokenMessage(`A ${typeof value} cannot be sent.`)
    }
  }

  #object(value: object | null): void {
    if (value === null) {
      this.#byte(TAG.null)
    } else if (value instanceof Uint8Array) {
      this.#byte(TAG.bytes)
      this.#count(value.length)
      this.#need(value.length)
      this.#space.set(value, this.#at)
      this.#at += value.length
    } else if (Array.isArray(value)) {
      this.#byte(TAG.list)
      this.#count(value.length)
      for (const item of value) this.#write(item)
    } else {
      this.#record(value)
    }
  }

  #record(value: object): void {
    const names = Object.keys(value)
    this.#byte(TAG.record)
    this.#count(names.length)
    for (const name of names) {
      this.#text(name)
      this.#write((value as Readonly<Record<string, unknown>>)[name])
    }
  }

  #text(text: string): void {
    const word = numberOfWord(text)
    if (word !== undefined) {
      this.#byte(TAG.word)
      this.#byte(word)
      return
    }
    this.#byte(TAG.text)
    // UTF-8 takes at most 3 bytes for each UTF-16 code unit.
    this.#need(4 + 3 * text.length)
    const length = this.#space.write(text, this.#at + 4, 'utf8')
    this.#space.writeUInt32LE(length, this.#at)
    this.#at += 4 + length
  }

  #byte(byte: number): void {
    this.#need(1)
    this.#space[this.#at++] = byte
  }

  #count(count: number): void {
    this.#need(4)
    this.#at = this.#space.writeUInt32LE(count, this.#at)
  }

  #need(bytes: number): void {
    if (this.#at + bytes <= this.#space.length) return
    const larger = Buffer.alloc(2 * (this.#space.length + bytes))
    this.#space.copy(larger, 0, 0, this.#at)
    this.#space.fill(0)
    this.#space = larger
  }
}

/**
 * Decodes what {@link MessageWriter} wrote. Byte arrays are views of `bytes`: whoever zeroes them zeroes the only copy.
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
