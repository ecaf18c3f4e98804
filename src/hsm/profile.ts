import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Static, Type } from '../packages/typebox.js'
import { type HsmLimits, IMPORTS, KEY_KINDS } from '../core/hsm.js'
import { PAIR_ALGORITHMS, SIGNATURE_SCHEMES } from '../core/hsm-pairs.js'
import { LOSSES } from './return-values.js'

const Mechanism = Type.String({ pattern: '^0x[0-9A-Fa-f]{1,8}$' })

const ALGORITHMS = [...KEY_KINDS, ...PAIR_ALGORITHMS] as const

/** What a profile holds. */
export const ProfileSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9-]+$' }),
    about: Type.String(),
    /** Where each fact comes from: document and section, or "measured" with the version. */
    sources: Type.Array(Type.String(), { minItems: 1 }),
    /** Whether a token of this profile may guard real keys. */
    production: Type.Boolean(),
    /** Why the service cannot run on such a token: a sentence. Such a profile says so at once, and is never opened. */
    unsuitable: Type.Optional(Type.String({ pattern: '^[A-Z].*\\.$' })),
    /** Where the vendor's package puts the library: a hint for whoever sets a token up. */
    modulePaths: Type.Array(Type.String({ pattern: '^/' })),
    /** Form of the user PIN. A PIN of another form is refused before it costs one of the tries of the token. */
    pin: Type.Optional(
      Type.Object(
        {
          pattern: Type.String({ format: 'regex' }),
          /** The same in words, as they stand behind "it must be". */
          form: Type.String(),
        },
        { additionalProperties: false },
      ),
    ),
    /**
     * Return values that say elsewhere that session or device is lost, and that this token also says of bad input: who is
     * at fault is then found out with input of the agent's own.
     */
    inputErrors: Type.Optional(Type.Array(Type.Enum([...LOSSES.values()]), { uniqueItems: true })),
    /**
     * Return values by which the token says that another process was at its store just then, and that a call which was to
     * write there did nothing: it is made again.
     */
    contentionErrors: Type.Optional(
      Type.Array(Type.Enum([...LOSSES.values()]), { uniqueItems: true }),
    ),
    /** Names of environment variables that the library reads. */
    environment: Type.Array(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]*$' })),
    keyWrap: Type.Object(
      {
        /** Number of the RFC 5649 mechanism on this token: 0x210A and 0x210B mean different things on different ones. */
        mechanism: Mechanism,
        /** What C_WrapKey does to a secret whose length is no multiple of 8. */
        oddLengths: Type.Enum(['exact', 'zero-padded']),
        /** Shortest generic secret that C_GenerateKey makes, in bytes: shorter ones are drawn as random bytes. */
        minGeneratedBytes: Type.Integer({ minimum: 1, maximum: 32 }),
        /** Longest secret that the token generates, wraps and unwraps, in bytes. */
        maxSecretBytes: Type.Integer({ minimum: 32, maximum: 1024 }),
        /** Longest private key (PKCS#8) that it wraps, and unwraps to a readable secret, in bytes; 0: none. */
        maxPairBytes: Type.Integer({ minimum: 0, maximum: 4096 }),
      },
      { additionalProperties: false },
    ),
    /** Secret keys and key pairs that the token makes. */
    algorithms: Type.Array(Type.Enum(ALGORITHMS), { uniqueItems: true }),
    /** Signature schemes that the token has. */
    signatureSchemes: Type.Array(Type.Enum(SIGNATURE_SCHEMES), { uniqueItems: true }),
    /** What C_UnwrapKey turns into a key that stays, keeps to its use, and does not leave the token. */
    imports: Type.Array(Type.Enum(IMPORTS), { uniqueItems: true }),
    /** Whether it has CKM_ECDH1_DERIVE without a key derivation function, CKD_NULL. */
    ecdh: Type.Boolean(),
    oaep: Type.Object(
      {
        /** Hashes of RSA OAEP that the token has. */
        hashes: Type.Array(Type.Enum(['sha1', 'sha256']), { uniqueItems: true }),
        /**
         * Hashes that it lacks and that the agent stands in for: raw RSA in the token, the padding taken off outside of it.
         * Never on a production token.
         */
        standIns: Type.Array(Type.Enum(['sha256']), { uniqueItems: true }),
      },
      { additionalProperties: false },
    ),
    /** Numbers of mechanisms and key types that no PKCS#11 standard has: those of SM2, SM3 and SM4. */
    vendorNumbers: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Z0-9_]+$' }), Mechanism)),
    /** `explicit` states SENSITIVE and EXTRACTABLE of an unwrapped DEK, `bare` leaves them out. */
    unwrapTemplate: Type.Enum(['explicit', 'bare']),
    /** Optional attributes that a key template of this token may carry. */
    keyAttributes: Type.Array(Type.Enum(['copyable'])),
    /** Layout of CK_GCM_PARAMS that the token reads; `none` where it has no AES-GCM. */
    gcm: Type.Enum(['v240', 'none']),
    /** Whether CKA_LOCAL is true on keys that the token generated. */
    reportsLocal: Type.Boolean(),
    /** Whether CKA_NEVER_EXTRACTABLE and CKA_ALWAYS_SENSITIVE are there, and false, on keys that it unwrapped; left out: yes. */
    reportsImportHistory: Type.Optional(Type.Boolean()),
    /**
     * Whether the token keeps a key in that is not extractable. NSS softokn does not: it wraps such keys under any other.
     * A production profile must.
     */
    enforcesExtractable: Type.Boolean(),
    /** How long a key that one process made may stay unseen by another, in milliseconds. */
    newKeyVisibleAfterMs: Type.Integer({ minimum: 0, maximum: 5000 }),
    /** An agent is replaced after so many calls, for libraries that leak; 0 never. */
    recycleAfterCalls: Type.Integer({ minimum: 0 }),
    /** Sessions that the token admits in all; 0 where it states none. */
    maxSessions: Type.Integer({ minimum: 0 }),
    /** Sessions that one process of its library should have at most, each in a thread of its own. */
    sessionsPerAgent: Type.Integer({ minimum: 1, maximum: 64 }),
  },
  { additionalProperties: false },
)

/** Facts about one model of HSM. */
export type Profile = Static<typeof ProfileSchema>

/** A profile that cannot be used; the message is a sentence that says why. */
export class UnusableProfile extends Error {
  override readonly name = 'UnusableProfile'
}

const PROFILE_FOLDER = new URL('../../../hsm/profiles/', import.meta.url)

/**
 * Reads a profile by its name in `hsm/profiles`, or by the absolute path of a JSON file.
 *
 * @throws UnusableProfile
 */
export function loadProfile(nameOrPath: string): Profile {
  const profile = parse(read(nameOrPath))
  // That the schema is one is for a test to find, not for every start.
  const ajv = new Ajv2020({ strict: true, validateSchema: false, formats: { regex: isPattern } })
  if (!ajv.validate(ProfileSchema, profile)) {
    throw new UnusableProfile(`It does not fit the schema of profiles: ${ajv.errorsText()}.`)
  }
  // The validator above has just judged every member.
  return requireHonest(profile as Profile)
}

/**
 * Reads the profile of a token that is to serve.
 *
 * @throws UnusableProfile, also for tokens that the service cannot run on
 */
export function loadServingProfile(nameOrPath: string): Profile {
  const profile = loadProfile(nameOrPath)
  const { name, unsuitable } = profile
  if (unsuitable === undefined) return profile
  throw new UnusableProfile(`Tokens of the profile ${name} cannot serve. ${unsuitable}`)
}

/** What the service may know of a token: the part of its profile that crosses the Hsm port. */
export function limitsOf(profile: Profile): HsmLimits {
  const { keyWrap, algorithms, signatureSchemes, oaep, gcm, ecdh, imports } = profile
  return {
    maxSecretBytes: keyWrap.maxSecretBytes,
    maxPairBytes: keyWrap.maxPairBytes,
    algorithms,
    signatureSchemes,
    oaepHashes: [...oaep.hashes, ...oaep.standIns],
    imports,
    agrees: ecdh,
    sealsData: gcm !== 'none',
  }
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u')
    return true
  } catch {
    return false
  }
}

function requireHonest(profile: Profile): Profile {
  if (profile.production && !profile.enforcesExtractable) {
    throw new UnusableProfile(
      'A production profile must not be of a token that gives away keys which are not extractable.',
    )
  }
  if (profile.production && profile.oaep.standIns.length > 0) {
    throw new UnusableProfile(
      'A production profile must not name OAEP stand-ins: they take padding off outside of the token.',
    )
  }
  return profile
}

function read(nameOrPath: string): string {
  const path = isAbsolute(nameOrPath) ? nameOrPath : builtIn(nameOrPath)
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UnusableProfile(
      'It is neither the name of a profile in hsm/profiles nor the absolute path of a readable file.',
      { cause },
    )
  }
}

function builtIn(name: string): string {
  if (!/^[a-z0-9-]+$/.test(name)) {
    throw new UnusableProfile(
      'It must be a name of lower-case letters, digits and dashes, or an absolute path.',
    )
  }
  return fileURLToPath(new URL(`${name}.json`, PROFILE_FOLDER))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UnusableProfile('It is not valid JSON.', { cause })
  }
}
