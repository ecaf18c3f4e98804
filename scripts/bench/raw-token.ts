/*
 * node raw-token.js URI SECONDS, with what the library reads in the environment
 *
 * Makes the PKCS#11 calls of the two operations through pkcs11js, in one process, on one session, with keys on the
 * token, and nothing around them. Prints a JSON array of rates.
 */
import { randomBytes } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { readPin } from '../../src/hsm/agent/pin-file.js'
import { type OpenSession, openLibrary, openSession } from '../../src/hsm/agent/session.js'
import { readableSecret, residentKey, wrappableSecret } from '../../src/hsm/agent/templates.js'
import { mechanismNumber } from '../../src/hsm/mechanism-number.js'
import { type Profile, loadProfile } from '../../src/hsm/profile.js'
import { parseTokenUri } from '../../src/hsm/uri.js'
import { OPERATION_NAMES, type OperationName, type RawRate } from './report.js'
import { percentile } from './statistics.js'
import { DATAKEY_BYTES } from './workload.js'

/** What the tag of a data-key frame covers besides the wrapped key: header, key id field, digest of the context. */
const BOUND_BYTES = 12 + 40 + 32
const WARM_UP_CALLS = 500

const [uri = '', seconds = '1'] = process.argv.slice(2)
const profile = loadProfile('softhsm2')
const address = parseTokenUri(uri)
const calls = callsOn(
  openSession(openLibrary(address), address, readPin(address, { profile })),
  profile,
)
const rates = OPERATION_NAMES.map((operation) => measure(operation, calls[operation]))
process.stdout.write(JSON.stringify(rates))

/** The calls that each operation makes on the token. */
type Calls = Readonly<Record<OperationName, (this: void) => void>>

function callsOn({ lib, handle: session }: OpenSession, profile: Profile): Calls {
  const kwp = { mechanism: mechanismNumber(profile.keyWrap.mechanism) }
  const kek = generate('wrapping', pkcs11.CKM_AES_KEY_GEN)
  const binding = generate('binding', pkcs11.CKM_GENERIC_SECRET_KEY_GEN)
  const secret = wrappableSecret(randomBytes(DATAKEY_BYTES))
  const bound = randomBytes(BOUND_BYTES)
  const readable = readableSecret(profile)
  const wrapped = wrap()
  return {
    'encrypt-datakey'() {
      tag(wrap())
    },
    'decrypt-datakey'() {
      tag(wrapped)
      const unwrapped = lib.C_UnwrapKey(session, kwp, kek, wrapped, readable)
      lib.C_GetAttributeValue(session, unwrapped, [{ type: pkcs11.CKA_VALUE }])
      lib.C_DestroyObject(session, unwrapped)
    },
  }

  function wrap(): Buffer {
    const object = lib.C_CreateObject(session, secret)
    const bytes = lib.C_WrapKey(session, kwp, kek, object, Buffer.alloc(DATAKEY_BYTES + 8))
    lib.C_DestroyObject(session, object)
    return bytes
  }

  function tag(bytes: Buffer): void {
    lib.C_SignInit(session, { mechanism: pkcs11.CKM_SHA256_HMAC }, binding)
    lib.C_Sign(session, Buffer.concat([bound, bytes]), Buffer.alloc(64))
  }

  function generate(kind: 'wrapping' | 'binding', mechanism: number): Buffer {
    const template = residentKey(profile, { kind, id: randomBytes(20), label: `bench ${kind}` })
    return lib.C_GenerateKey(session, { mechanism }, template)
  }
}

function measure(operation: OperationName, run: () => void): RawRate {
  for (let count = 0; count < WARM_UP_CALLS; count++) run()
  const times: number[] = []
  const start = performance.now()
  const end = start + 1000 * Number(seconds)
  let now = start
  while (now < end) {
    run()
    const before = now
    now = performance.now()
    times.push(now - before)
  }
  return {
    operation,
    per_second: (1000 * times.length) / (now - start),
    p50_ms: percentile(times, 0.5),
    p99_ms: percentile(times, 0.99),
  }
}
