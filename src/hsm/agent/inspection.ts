import pkcs11 from 'pkcs11js'
import type {
  Attempt,
  AttemptWish,
  Inspection,
  KeyAttributes,
  KeyFlag,
  KnownAnswer,
  TokenIdentity,
} from '../../core/hsm-inspection.js'
import type { KeyRef } from '../../core/ids.js'
import { mechanismNumber } from '../mechanism-number.js'
import type { Profile } from '../profile.js'
import { makeAttempts, wrapUnderOther } from './attempts.js'
import { readFlag, readNumber, readOptionalAttribute } from './attributes.js'
import { lookIfThere } from './found-objects.js'
import { type Handles, findKeys } from './handles.js'
import { runKnownAnswers } from './known-answers.js'
import { CKK_EC_EDWARDS, curveBits } from './pair-algorithms.js'
import { call } from './pkcs11-error.js'
import { type OpenSession, trimPadding } from './session.js'

const FLAG_ATTRIBUTES: Readonly<Record<KeyFlag, number>> = {
  token: pkcs11.CKA_TOKEN,
  private: pkcs11.CKA_PRIVATE,
  sensitive: pkcs11.CKA_SENSITIVE,
  extractable: pkcs11.CKA_EXTRACTABLE,
  alwaysSensitive: pkcs11.CKA_ALWAYS_SENSITIVE,
  neverExtractable: pkcs11.CKA_NEVER_EXTRACTABLE,
  local: pkcs11.CKA_LOCAL,
  modifiable: pkcs11.CKA_MODIFIABLE,
  wrap: pkcs11.CKA_WRAP,
  unwrap: pkcs11.CKA_UNWRAP,
  encrypt: pkcs11.CKA_ENCRYPT,
  decrypt: pkcs11.CKA_DECRYPT,
  sign: pkcs11.CKA_SIGN,
  verify: pkcs11.CKA_VERIFY,
  derive: pkcs11.CKA_DERIVE,
}

/** What an assessor asks of the token: nothing here trusts the service's own record. */
export class TokenInspection implements Sync<Inspection> {
  readonly #session: OpenSession
  readonly #handles: Handles
  readonly #profile: Profile

  constructor(session: OpenSession, handles: Handles, profile: Profile) {
    this.#session = session
    this.#handles = handles
    this.#profile = profile
  }

  identity(): TokenIdentity {
    const { lib, slot } = this.#session
    const token = call('C_GetTokenInfo', () => lib.C_GetTokenInfo(slot))
    const library = call('C_GetInfo', () => lib.C_GetInfo())
    return {
      label: trimPadding(token.label),
      manufacturer: trimPadding(token.manufacturerID),
      model: trimPadding(token.model),
      serial: trimPadding(token.serialNumber),
      hardware: version(token.hardwareVersion),
      firmware: version(token.firmwareVersion),
      library: `${trimPadding(library.libraryDescription)} ${version(library.libraryVersion)}`,
      profile: this.#profile.name,
    }
  }

  inspectKeys(): readonly KeyAttributes[] {
    const { lib, slot } = this.#session
    const found = findKeys(this.#session).flatMap((handle) => this.#inspectIfThere(handle))
    // SoftHSM 2.6.1 lists nothing, without error, when its folder is gone: a list is believed of a token that is well.
    call('C_GetTokenInfo', () => lib.C_GetTokenInfo(slot))
    return found
  }

  knownAnswers(): readonly KnownAnswer[] {
    return runKnownAnswers(this.#session, this.#profile)
  }

  attempts(key: KeyRef, { creating = true, under }: AttemptWish = {}): readonly Attempt[] {
    const keyWrap = { mechanism: mechanismNumber(this.#profile.keyWrap.mechanism) }
    const tried = this.#handles.use(key, (handle) =>
      makeAttempts(this.#session, handle, { keyWrap, creating }),
    )
    if (under === undefined) return tried
    const wrapped = this.#handles.use(under, (kek) =>
      this.#handles.use(key, (handle) => wrapUnderOther(this.#session, handle, { keyWrap, kek })),
    )
    return [...tried, wrapped]
  }

  /** Another process may destroy an object while this one reads it: then it is not on the token. */
  #inspectIfThere(handle: Buffer): readonly KeyAttributes[] {
    const seen = lookIfThere(this.#session, handle, () => this.#inspect(handle))
    return seen ? [seen] : []
  }

  #inspect(handle: Buffer): KeyAttributes {
    const session = this.#session
    const flags = Object.fromEntries(
      Object.entries(FLAG_ATTRIBUTES).map(([flag, type]) => [
        flag,
        readFlag(session, handle, type),
      ]),
    )
    const keyType = readNumber(session, handle, pkcs11.CKA_KEY_TYPE)
    return {
      class: readNumber(session, handle, pkcs11.CKA_CLASS),
      keyType,
      bits: bitsOf(session, handle, keyType),
      label: readOptionalAttribute(session, handle, pkcs11.CKA_LABEL)?.toString('utf8') ?? '',
      id: readOptionalAttribute(session, handle, pkcs11.CKA_ID)?.toString('hex') ?? '',
      // Built from the keys of FLAG_ATTRIBUTES, which are exactly the names of the flags.
      flags: flags as Record<KeyFlag, boolean | undefined>,
    }
  }
}

/** Some tokens say 0 for the length of a key that they unwrapped: that is no length. */
function bitsOf(session: OpenSession, handle: Buffer, keyType: number): number | undefined {
  if (keyType === pkcs11.CKK_RSA) {
    const modulus = readOptionalAttribute(session, handle, pkcs11.CKA_MODULUS)
    return modulus && 8 * withoutZeroes(modulus).length
  }
  if (keyType === pkcs11.CKK_EC || keyType === CKK_EC_EDWARDS) {
    const curve = readOptionalAttribute(session, handle, pkcs11.CKA_EC_PARAMS)
    return curve && curveBits(curve)
  }
  const length = readOptionalAttribute(session, handle, pkcs11.CKA_VALUE_LEN)
  const bytes = length === undefined || length.length === 0 ? 0 : length.readUIntLE(0, 4)
  return bytes > 0 ? 8 * bytes : undefined
}

function withoutZeroes(bytes: Buffer): Buffer {
  return bytes.subarray(
    Math.max(
      0,
      bytes.findIndex((byte) => byte !== 0),
    ),
  )
}

type Sync<Port> = {
  [Name in keyof Port]: Port[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result
    : never
}

function version({ major, minor }: { readonly major: number; readonly minor: number }): string {
  return `${major}.${minor}`
}
