import pkcs11 from 'pkcs11js'
import type {
  Attempt,
  Inspection,
  KeyAttributes,
  KeyFlag,
  KnownAnswer,
  TokenIdentity,
} from '../../core/hsm.js'
import type { KeyRef } from '../../core/ids.js'
import { type Profile, mechanismNumber } from '../profile.js'
import { type Handles, findObjects } from './handles.js'
import { runKnownAnswers } from './known-answers.js'
import { returnValue } from './pkcs11-error.js'
import { type OpenSession, trimPadding } from './session.js'
import { knownKey } from './templates.js'

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

/** Attributes whose change would turn a wrapping key into something else, each with the value that must be refused. */
const LOOSENINGS = [
  ['set CKA_EXTRACTABLE', pkcs11.CKA_EXTRACTABLE, true],
  ['clear CKA_SENSITIVE', pkcs11.CKA_SENSITIVE, false],
  ['set CKA_DECRYPT', pkcs11.CKA_DECRYPT, true],
  ['set CKA_ENCRYPT', pkcs11.CKA_ENCRYPT, true],
  ['set CKA_SIGN', pkcs11.CKA_SIGN, true],
  ['set CKA_DERIVE', pkcs11.CKA_DERIVE, true],
] as const

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
    const { module, slot } = this.#session
    const token = slot.getToken()
    const { major, minor } = module.libraryVersion
    return {
      label: trimPadding(token.label),
      manufacturer: trimPadding(token.manufacturerID),
      model: trimPadding(token.model),
      serial: trimPadding(token.serialNumber),
      hardware: version(token.hardwareVersion),
      firmware: version(token.firmwareVersion),
      library: `${trimPadding(module.libraryDescription)} ${major}.${minor}`,
      profile: this.#profile.name,
    }
  }

  inspectKeys(): readonly KeyAttributes[] {
    return findObjects(this.#session, []).map((handle) => this.#inspect(handle))
  }

  knownAnswers(): readonly KnownAnswer[] {
    return runKnownAnswers(this.#session, this.#profile)
  }

  attempts(key: KeyRef): readonly Attempt[] {
    return this.#handles.use(key, (handle) => [
      // Whatever comes back is the key itself: it is overwritten and never sent anywhere.
      this.#attempt('read CKA_VALUE', () => this.#read(handle, pkcs11.CKA_VALUE).fill(0)),
      ...LOOSENINGS.map(([name, type, value]) =>
        this.#attempt(name, () =>
          this.#session.lib.C_SetAttributeValue(this.#session.handle, handle, [{ type, value }]),
        ),
      ),
      this.#attempt('copy as an extractable key', () => this.#copyExtractable(handle)),
      this.#attempt('wrap under a key that is known outside', () => this.#wrapUnderKnown(handle)),
    ])
  }

  #attempt(attempt: string, run: () => void): Attempt {
    try {
      run()
    } catch (error) {
      const rv = returnValue(error)
      if (rv === undefined) throw error
      return { attempt, refused: true, detail: `refused with 0x${rv.toString(16)}` }
    }
    return { attempt, refused: false, detail: 'the token did it' }
  }

  #copyExtractable(handle: Buffer): void {
    const { lib, handle: session } = this.#session
    const copy = lib.C_CopyObject(session, handle, [
      { type: pkcs11.CKA_TOKEN, value: false },
      { type: pkcs11.CKA_EXTRACTABLE, value: true },
    ])
    lib.C_DestroyObject(session, copy)
  }

  #wrapUnderKnown(handle: Buffer): void {
    const { lib, handle: session } = this.#session
    const template = knownKey({
      keyType: pkcs11.CKK_AES,
      value: Buffer.alloc(32, 0x5a),
      usages: [pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP],
    })
    const known = lib.C_CreateObject(session, template)
    try {
      const mechanism = { mechanism: mechanismNumber(this.#profile.keyWrap.mechanism) }
      // The wrap would be the CMK itself to whoever knows the key above: it is overwritten at once.
      lib.C_WrapKey(session, mechanism, known, handle, Buffer.alloc(128)).fill(0)
    } finally {
      lib.C_DestroyObject(session, known)
    }
  }

  #inspect(handle: Buffer): KeyAttributes {
    const flags = Object.fromEntries(
      Object.entries(FLAG_ATTRIBUTES).map(([flag, type]) => [flag, this.#flag(handle, type)]),
    )
    return {
      class: number(this.#read(handle, pkcs11.CKA_CLASS)),
      keyType: number(this.#read(handle, pkcs11.CKA_KEY_TYPE)),
      label: this.#optional(handle, pkcs11.CKA_LABEL)?.toString('utf8') ?? '',
      id: this.#optional(handle, pkcs11.CKA_ID)?.toString('hex') ?? '',
      // Built from the keys of FLAG_ATTRIBUTES, which are exactly the names of the flags.
      flags: flags as Record<KeyFlag, boolean | undefined>,
    }
  }

  #flag(handle: Buffer, type: number): boolean | undefined {
    const value = this.#optional(handle, type)
    return value === undefined || value.length === 0 ? undefined : value.readUInt8(0) !== 0
  }

  /** An attribute that the token may not know; attributes are asked one at a time, since one unknown spoils a list. */
  #optional(handle: Buffer, type: number): Buffer | undefined {
    try {
      return this.#read(handle, type)
    } catch (error) {
      if (returnValue(error) === undefined) throw error
      return undefined
    }
  }

  #read(handle: Buffer, type: number): Buffer {
    const { lib, handle: session } = this.#session
    const [attribute] = lib.C_GetAttributeValue(session, handle, [{ type }])
    return Buffer.isBuffer(attribute?.value) ? attribute.value : Buffer.alloc(0)
  }
}

type Sync<Port> = {
  [Name in keyof Port]: Port[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result
    : never
}

function number(value: Buffer): number {
  return value.length === 0 ? -1 : value.readUIntLE(0, Math.min(value.length, 6))
}

function version({ major, minor }: { readonly major: number; readonly minor: number }): string {
  return `${major}.${minor}`
}
