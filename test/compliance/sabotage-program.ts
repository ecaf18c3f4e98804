/*
 * node sabotage-program.js MODULE PIN-FILE STEPS
 *
 * Does to the objects of a token what the service would never do: STEPS is a JSON list of Sabotage. A process of its
 * own, since the library reads its configuration from the environment of the process.
 */
import { readFileSync } from 'node:fs'
import pkcs11js, { type Template } from 'pkcs11js'

/** One deed; `id` is a hexadecimal CKA_ID. */
export type Sabotage =
  | { readonly deed: 'destroy'; readonly id: string }
  | {
      readonly deed: 'generate'
      readonly id: string
      readonly label: string
      readonly kind?: 'wrapping' | 'binding'
      /** What is not as the service makes its keys, by CKA_* number of the binding. */
      readonly changes?: Readonly<Record<number, boolean>>
    }

const [modulePath = '', pinFile = '', steps = '[]'] = process.argv.slice(2)
const library = new pkcs11js.PKCS11()
library.load(modulePath)
library.C_Initialize()
try {
  const session = logIn(readFileSync(pinFile, 'utf8').trim())
  // Written by the tests of this folder, which the compiler checked.
  for (const step of JSON.parse(steps) as readonly Sabotage[]) commit(session, step)
} finally {
  library.C_Finalize()
}

function logIn(pin: string): Buffer {
  const { CKF_RW_SESSION, CKF_SERIAL_SESSION, CKU_USER } = pkcs11js
  const slot = library
    .C_GetSlotList(true)
    .find((candidate) => library.C_GetTokenInfo(candidate).label.trimEnd() === 'kms')
  if (slot === undefined) throw new Error('There is no token labelled kms.')
  const session = library.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)
  library.C_Login(session, CKU_USER, pin)
  return session
}

function commit(session: Buffer, step: Sabotage): void {
  const id = Buffer.from(step.id, 'hex')
  if (step.deed === 'destroy') {
    const found = find(session, id)
    if (found.length !== 1) throw new Error(`${found.length} objects have the CKA_ID ${step.id}.`)
    for (const object of found) library.C_DestroyObject(session, object)
    return
  }
  const { kind = 'wrapping', label, changes = {} } = step
  const mechanism =
    kind === 'wrapping' ? pkcs11js.CKM_AES_KEY_GEN : pkcs11js.CKM_GENERIC_SECRET_KEY_GEN
  library.C_GenerateKey(session, { mechanism }, template({ kind, id, label, changes }))
}

function find(session: Buffer, id: Buffer): readonly Buffer[] {
  library.C_FindObjectsInit(session, [{ type: pkcs11js.CKA_ID, value: id }])
  const found = library.C_FindObjects(session, 10)
  library.C_FindObjectsFinal(session)
  return found
}

function template(key: {
  readonly kind: 'wrapping' | 'binding'
  readonly id: Buffer
  readonly label: string
  readonly changes: Readonly<Record<number, boolean>>
}): Template {
  const wraps = key.kind === 'wrapping'
  const flags: Record<number, boolean> = {
    [pkcs11js.CKA_TOKEN]: true,
    [pkcs11js.CKA_PRIVATE]: true,
    [pkcs11js.CKA_SENSITIVE]: true,
    [pkcs11js.CKA_EXTRACTABLE]: false,
    [pkcs11js.CKA_MODIFIABLE]: false,
    [pkcs11js.CKA_WRAP]: wraps,
    [pkcs11js.CKA_UNWRAP]: wraps,
    [pkcs11js.CKA_SIGN]: !wraps,
    [pkcs11js.CKA_VERIFY]: !wraps,
    [pkcs11js.CKA_ENCRYPT]: false,
    [pkcs11js.CKA_DECRYPT]: false,
    [pkcs11js.CKA_DERIVE]: false,
    // CKA_COPYABLE
    0x171: false,
    ...key.changes,
  }
  return [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    { type: pkcs11js.CKA_VALUE_LEN, value: 32 },
    { type: pkcs11js.CKA_ID, value: key.id },
    { type: pkcs11js.CKA_LABEL, value: key.label },
    ...Object.entries(flags).map(([type, value]) => ({ type: Number(type), value })),
  ]
}
