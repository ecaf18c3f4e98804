import { createHash, randomBytes } from 'node:crypto'

/** A DEK and the fields that send it: hexadecimal of the key, then of its SHA-256. */
export interface DigestedDatakey {
  readonly dek: Buffer
  readonly plain_text: string
  readonly datakey_plain_length: string
}

/** Puts a DEK into the form of encrypt-datakey; a random one of `length` bytes where only a length is given. */
export function digested(source: Buffer | number): DigestedDatakey {
  const dek = typeof source === 'number' ? randomBytes(source) : source
  const digest = createHash('sha256').update(dek).digest('hex')
  return {
    dek,
    plain_text: dek.toString('hex') + digest,
    datakey_plain_length: String(dek.length),
  }
}
