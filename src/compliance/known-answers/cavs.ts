import type { HashName } from '../../core/hsm-pairs.js'
import { type VectorCase, type VectorFile, hexBytes } from './vector-case.js'

/*
 * The text forms of NIST's CAVS: `NAME = value` lines, sections in brackets, cases that begin with COUNT, and FAIL for what
 * must be refused. Understood are KWP (KWP_AE_256.txt, KWP_AD_256.txt), GCM (gcmDecrypt256.rsp, gcmEncryptExtIV256.rsp) and
 * HMAC (HMAC.rsp). A case is known by its names: KW differs from KWP in nothing but the name of the file.
 */

interface Block {
  readonly fields: ReadonlyMap<string, string>
  readonly failing: boolean
}

type Case = Pick<VectorCase, 'algorithm' | 'question' | 'expected'>

/** Length of the hash in bytes, section `[L=32]`. */
const HASHES: Readonly<Record<string, HashName>> = { 32: 'sha256', 48: 'sha384', 64: 'sha512' }

/** Reads the cases of a file; nothing where it has none of these forms. */
export function readCavs({ name, text }: VectorFile): readonly VectorCase[] | undefined {
  if (/^KW_|^TKW_/i.test(name)) return undefined
  const cases = blocksOf(text).flatMap((block) => {
    const one = caseOf(name, block)
    if (!one) return []
    const count = block.fields.get('count') ?? '?'
    const validity = block.failing ? ('invalid' as const) : ('valid' as const)
    return [{ ...one, source: name, name: `${sectionOf(block)}count ${count}`, validity }]
  })
  return cases.length > 0 ? cases : undefined
}

function caseOf(name: string, { fields, failing }: Block): Case | undefined {
  function has(...names: readonly string[]): boolean {
    return names.every((one) => fields.has(one))
  }
  function bytes(one: string): Uint8Array {
    return hexBytes(fields.get(one) ?? '')
  }
  if (has('k', 'c') && (has('p') || failing)) {
    const kek = bytes('k')
    // Wrapping is asked of the files that are about it, AE; those of AD hold what must be refused as well.
    return /_AE/i.test(name)
      ? {
          algorithm: 'kwp',
          question: { form: 'kwp-wrap', kek, secret: bytes('p') },
          expected: bytes('c'),
        }
      : {
          algorithm: 'kwp',
          question: { form: 'kwp-unwrap', kek, wrapped: bytes('c') },
          expected: bytes('p'),
        }
  }
  if (has('key', 'iv', 'ct', 'aad', 'tag') && (has('pt') || failing)) {
    const [key, iv, associated, text] = ['key', 'iv', 'aad', 'pt'].map(bytes)
    const sealed = Buffer.concat([bytes('ct'), bytes('tag')])
    const common = {
      key: key ?? sealed,
      iv: iv ?? sealed,
      associated: associated ?? sealed,
      tagBytes: bytes('tag').length,
    }
    return /encrypt/i.test(name)
      ? {
          algorithm: 'gcm',
          question: { form: 'gcm-encrypt', ...common, text: text ?? sealed },
          expected: sealed,
        }
      : { algorithm: 'gcm', question: { form: 'gcm-decrypt', ...common, sealed }, expected: text }
  }
  if (!has('key', 'msg', 'mac')) return undefined
  const hash = HASHES[fields.get('l') ?? '']
  const question = hash
    ? ({ form: 'hmac', hash, key: bytes('key'), message: bytes('msg') } as const)
    : { unsupported: 'The service has no HMAC of this hash.' }
  return { algorithm: 'hmac', question, expected: bytes('mac') }
}

function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = []
  const section = new Map<string, string>()
  let fields: Map<string, string> | undefined
  let failing = false
  function finish(): void {
    if (fields) blocks.push({ fields: new Map([...section, ...fields]), failing })
    fields = undefined
    failing = false
  }
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim()
    const inBrackets = /^\[(.*?)\s*=\s*(.*)\]$/.exec(line)
    const pair = /^(\w+)\s*=\s*(.*)$/.exec(line)
    if (inBrackets) {
      finish()
      section.set((inBrackets[1] ?? '').toLowerCase(), inBrackets[2] ?? '')
    } else if (line === 'FAIL') failing = true
    else if (pair) {
      const [, field = '', value = ''] = pair
      if (field.toLowerCase() === 'count') {
        finish()
        fields = new Map()
      }
      fields?.set(field.toLowerCase(), value.trim())
    }
  }
  finish()
  return blocks
}

function sectionOf({ fields }: Block): string {
  const length = fields.get('plaintext length') ?? fields.get('ptlen')
  return length === undefined ? '' : `length ${length}, `
}
