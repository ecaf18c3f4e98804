import { BrokenMessage, LENGTH_BYTES, TAG } from './message-form.js'
import { numberOfWord } from './words.js'

const FIRST_SPACE = 16 * 1024

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
