import pkcs11 from 'pkcs11js'
import { KeyWrap } from '../../src/hsm/agent/key-wrap.js'
import { TokenError } from '../../src/hsm/agent/pkcs11-error.js'
import { readPin } from '../../src/hsm/agent/pin-file.js'
import { openLibrary, openSession } from '../../src/hsm/agent/session.js'
import { knownKey, wrappableSecret } from '../../src/hsm/agent/templates.js'
import { loadProfile } from '../../src/hsm/profile.js'
import { parseTokenUri } from '../../src/hsm/uri.js'
import { readFileSync } from 'node:fs'

/*
 * Runs AES-KWP on a token with known KEKs, by the very code of the agent: reads `{uri, profile, cases}` from standard
 * input, writes one result per case. A process of its own, because SoftHSM reads its configuration from the real
 * environment.
 */

/** A case: wraps `secret`, or unwraps `wrapped`; hexadecimal. */
export interface KwpCase {
  readonly kek: string
  readonly secret?: string
  readonly wrapped?: string
}

/** What the token gave, in hexadecimal, or that it refused. */
export type KwpResult = { readonly bytes: string } | { readonly refused: number }

interface Order {
  readonly uri: string
  readonly profile: string
  readonly cases: readonly KwpCase[]
}

// The test that starts this program writes exactly this.
const { uri, profile: name, cases } = JSON.parse(readFileSync(0, 'utf8')) as Order
const profile = loadProfile(name)
const address = parseTokenUri(uri)
const keyWrap = new KeyWrap(
  openSession(openLibrary(address), address, readPin(address, { profile })),
  profile,
)

const results = cases.map(({ kek, secret, wrapped }): KwpResult => {
  const template = knownKey({
    keyType: pkcs11.CKK_AES,
    value: Buffer.from(kek, 'hex'),
    usages: [pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP],
  })
  try {
    const bytes = keyWrap.withObject(template, (key) =>
      secret === undefined
        ? keyWrap.unwrap(key, Buffer.from(wrapped ?? '', 'hex'))
        : keyWrap.withObject(wrappableSecret(Buffer.from(secret, 'hex')), (object) =>
            keyWrap.wrap(key, object),
          ),
    )
    return { bytes: bytes.toString('hex') }
  } catch (error) {
    if (error instanceof TokenError && error.rv !== undefined) return { refused: error.rv }
    throw error
  }
})
process.stdout.write(JSON.stringify(results))
