import { readFileSync } from 'node:fs'
import pkcs11, { type Template } from 'pkcs11js'
import type { HashName, PairAlgorithm, SignatureScheme } from '../../src/core/hsm-pairs.js'
import { octetString } from '../../src/hsm/agent/der.js'
import { KeyWrap } from '../../src/hsm/agent/key-wrap.js'
import { macWith } from '../../src/hsm/agent/macs.js'
import { pairRow } from '../../src/hsm/agent/pair-algorithms.js'
import { readPin } from '../../src/hsm/agent/pin-file.js'
import { openLibrary, openSession } from '../../src/hsm/agent/session.js'
import { hmacMechanism, schemeRow } from '../../src/hsm/agent/signature-mechanisms.js'
import { verifyWith } from '../../src/hsm/agent/signing.js'
import { knownPublic } from '../../src/hsm/agent/pair-templates.js'
import { knownKey } from '../../src/hsm/agent/templates.js'
import { loadProfile } from '../../src/hsm/profile.js'
import { parseTokenUri } from '../../src/hsm/uri.js'

/*
 * Verifies signatures and makes MACs on a token with known keys, by the very code of the agent: reads
 * `{uri, profile, signatures, macs}` from standard input, writes one answer for each. A process of its own, because
 * SoftHSM reads its configuration from the real environment.
 */

/** A signature to be verified; all bytes hexadecimal. */
export interface SignatureCase {
  readonly scheme: SignatureScheme
  readonly algorithm: PairAlgorithm
  /** Modulus and exponent of an RSA key. */
  readonly rsa?: readonly [modulus: string, exponent: string]
  /** Uncompressed point of an EC key. */
  readonly point?: string
  readonly message: string
  readonly signature: string
}

/** A MAC to be made; hexadecimal. */
export interface MacCase {
  readonly hash: HashName
  readonly key: string
  readonly message: string
}

/** What the program reads. */
export interface SignatureOrder {
  readonly uri: string
  readonly profile: string
  readonly signatures: readonly SignatureCase[]
  readonly macs: readonly MacCase[]
}

/** What the program writes. */
export interface SignatureAnswers {
  readonly signatures: readonly boolean[]
  /** Hexadecimal. */
  readonly macs: readonly string[]
}

// The test that starts this program writes exactly this.
const order = JSON.parse(readFileSync(0, 'utf8')) as SignatureOrder
const profile = loadProfile(order.profile)
const address = parseTokenUri(order.uri)
const session = openSession(openLibrary(address), address, readPin(address, { profile }))
const objects = new KeyWrap(session, profile)

const answers: SignatureAnswers = {
  signatures: order.signatures.map((item) => {
    const row = schemeRow(profile, item.scheme)
    const template = knownPublic({
      keyType: row.keyType,
      values: valuesOf(item),
      usages: [pkcs11.CKA_VERIFY],
    })
    return objects.withObject(template, (handle) =>
      verifyWith(session, {
        handle,
        row,
        scheme: item.scheme,
        message: hex(item.message),
        signature: hex(item.signature),
      }),
    )
  }),
  macs: order.macs.map(({ hash, key, message }) => {
    const template = knownKey({
      keyType: pkcs11.CKK_GENERIC_SECRET,
      value: hex(key),
      usages: [pkcs11.CKA_SIGN, pkcs11.CKA_VERIFY],
    })
    const mechanism = hmacMechanism(profile, hash)
    return objects
      .withObject(template, (handle) =>
        macWith(session, { handle, mechanism, message: hex(message) }),
      )
      .toString('hex')
  }),
}
process.stdout.write(JSON.stringify(answers))

function valuesOf({ algorithm, rsa, point }: SignatureCase): Template {
  if (rsa) {
    const [modulus, exponent] = rsa
    return [
      { type: pkcs11.CKA_MODULUS, value: hex(modulus) },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: hex(exponent) },
    ]
  }
  return [
    ...pairRow(profile, algorithm).parameters,
    { type: pkcs11.CKA_EC_POINT, value: octetString(hex(point ?? '')) },
  ]
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}
