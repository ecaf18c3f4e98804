import { createHash } from 'node:crypto'
import type { Reply } from '../http/client.js'

/** Members of requests and answers that nobody but their client may have, wherever they stand. */
const SECRET_MEMBERS = new Set([
  'data_key',
  'datakey',
  'pin',
  'plain_text',
  'plain_text_base64',
  'private_key',
  'private_key_plain_text',
  'random_data',
  'shared_secret',
])
/** What is shorter, or has fewer different bytes, as zeros do, stands anywhere by chance. */
const FEWEST_CHARACTERS = 12
const FEWEST_BYTES = 6

/** Secrets of a run, by what they are, and every spelling in which they may turn up. */
export class MarkedSecrets {
  readonly #spellings = new Map<string, string>()
  /** What kinds of secrets there are. */
  readonly kinds = new Set<string>()

  /** Takes note of a secret; one that is too short to be told from chance is passed over. */
  keep(what: string, secret: string): void {
    if (secret.length < FEWEST_CHARACTERS || new Set(bytesOf(secret)).size < FEWEST_BYTES) return
    for (const spelling of spellingsOf(secret)) this.#spellings.set(spelling, what)
    const key = withoutDigest(secret)
    if (key !== undefined) this.keep(what, key)
    this.kinds.add(what)
  }

  /** Takes note of the secrets in a call. */
  watch(body: string, { text, status }: Reply): void {
    this.#search('sent', body)
    if (status < 300) this.#search('answered', text)
  }

  #search(how: string, text: string): void {
    if (!text.startsWith('{')) return
    const keep = this.keep.bind(this)
    try {
      JSON.parse(text, (name, value: unknown) => {
        if (SECRET_MEMBERS.has(name) && typeof value === 'string') keep(`${name} ${how}`, value)
        return value
      })
    } catch (error) {
      // Some cases send what is no JSON.
      if (!(error instanceof SyntaxError)) throw error
    }
  }

  /** Which kinds of secrets stand in a text, or in bytes that were read as Latin-1. */
  findIn(content: string): readonly string[] {
    const found = [...this.#spellings].filter(([spelling]) => content.includes(spelling))
    return [...new Set(found.map(([, what]) => what))]
  }
}

/** As it is, in JSON, in a query, in hexadecimal, in base64, and as the bytes that it stands for. */
function spellingsOf(secret: string): ReadonlySet<string> {
  const bytes = bytesOf(secret)
  const hexadecimal = bytes.toString('hex')
  return new Set([
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    hexadecimal,
    hexadecimal.toUpperCase(),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('latin1'),
  ])
}

/** A data key in hexadecimal is sent with its SHA-256 behind it. */
function withoutDigest(secret: string): string | undefined {
  const key = secret.slice(0, -64)
  const digest = createHash('sha256').update(Buffer.from(key, 'hex')).digest('hex')
  return secret.slice(-64).toLowerCase() === digest ? key : undefined
}

function bytesOf(secret: string): Buffer {
  if (/^(?:[0-9A-Fa-f]{2})+$/.test(secret)) return Buffer.from(secret, 'hex')
  const isBase64 = secret.length % 4 === 0 && /^[A-Za-z0-9+/]{16,}={0,2}$/.test(secret)
  return isBase64 ? Buffer.from(secret, 'base64') : Buffer.from(secret)
}
