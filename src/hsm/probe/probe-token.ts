import { readdirSync } from 'node:fs'
import { KEY_KINDS } from '../../core/hsm.js'
import type { KnownAnswer } from '../../core/hsm-inspection.js'
import { PAIR_ALGORITHMS, SIGNATURE_SCHEMES } from '../../core/hsm-pairs.js'
import { type Profile, loadProfile } from '../profile.js'
import { Prober, type ProberOptions } from './prober.js'
import type { Padding, TokenFacts, TrialName, Trials } from './protocol.js'

/** One mechanism that was tried for RFC 5649, and what came of it. */
export interface MechanismVerdict {
  readonly mechanism: string
  readonly padding: Padding | undefined
  readonly detail: string
}

/** What a probe found. */
export interface ProbeReport {
  readonly token: TokenFacts
  readonly mechanisms: readonly MechanismVerdict[]
  /** The facts that were found, in the place of those of the profile that the probe began with. */
  readonly profile: Profile
  /** What could not be found out, or came out strange: one sentence each. */
  readonly remarks: readonly string[]
  /** The known-answer tests by the profile that was found; none where the token cannot serve. */
  readonly knownAnswers: readonly KnownAnswer[]
}

/** Algorithms that take numbers of a vendor's own, by which is told whether there is anything to try. */
const OF_VENDORS: ReadonlyMap<string, string> = new Map([
  ['sm4-wrapping', 'CKM_SM4_KEY_GEN'],
  ['hmac-sm3', 'CKM_SM3_HMAC'],
  ['sm2', 'CKM_SM2_KEY_PAIR_GEN'],
  ['sm2dsa', 'CKM_SM2'],
  ['ed25519ph', 'CKM_ED25519PH'],
])

const NO_KEY_WRAP =
  'It has no mechanism that is AES key wrap with padding by RFC 5649, without which no data key can be wrapped.'

/** The profiles of this project. */
export function shippedProfiles(): readonly Profile[] {
  const folder = new URL('../../../../hsm/profiles/', import.meta.url)
  const names = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return names.map((file) => loadProfile(file.replace('.json', '')))
}

/** Numbers that are RFC 5649 on some token, the standard ones first. */
function knownMechanisms(): readonly string[] {
  const numbers = shippedProfiles().map(({ keyWrap }) => keyWrap.mechanism)
  return [...new Set(['0x210B', '0x210A', ...numbers])]
}

/**
 * Finds out what a token can do, by trying it on throw-away objects of a session: nothing is left on the token, and no key
 * of it is touched. `profile` is where facts come from that no session object shows.
 *
 * @throws HsmStartError when the token cannot be opened
 */
export async function probeToken(
  options: ProberOptions & { readonly mechanisms?: readonly string[] },
): Promise<ProbeReport> {
  const prober = await Prober.open(options)
  try {
    return await new Probe(prober, options.profile).run(options.mechanisms ?? knownMechanisms())
  } finally {
    prober.close()
  }
}

/** Trials that find out whether something is so. */
type YesOrNo = {
  [Name in TrialName]: Trials[Name]['found'] extends boolean ? Name : never
}[TrialName]

class Probe {
  readonly #prober: Prober
  readonly #remarks: string[] = []
  #profile: Profile

  constructor(prober: Prober, profile: Profile) {
    this.#prober = prober
    this.#profile = { ...profile, algorithms: [...KEY_KINDS, ...PAIR_ALGORITHMS] }
    // What the profile doubts is what is found out here.
    delete this.#profile.unsuitable
    delete this.#profile.inputErrors
  }

  async run(candidates: readonly string[]): Promise<ProbeReport> {
    const token = this.#prober.facts
    if (token.maxSessions > 0) this.#learn({ maxSessions: token.maxSessions })
    const mechanisms = await this.#findKeyWrap(candidates)
    const wraps = mechanisms.some(({ detail }) => detail === SERVES)
    if (wraps) await this.#measureWrap()
    await this.#findAlgorithms()
    await this.#findFlags(wraps)
    if (wraps) await this.#findInputErrors()
    let knownAnswers: readonly KnownAnswer[] = []
    if (wraps) {
      const answers = await this.#prober.run('knownAnswers', undefined, this.#profile)
      knownAnswers = answers.found ?? []
      if (answers.failed !== undefined) this.#remark('known-answer tests', answers.failed)
    } else {
      this.#learn({ unsuitable: NO_KEY_WRAP })
    }
    return { token, mechanisms, profile: this.#profile, remarks: this.#remarks, knownAnswers }
  }

  /** Takes the first mechanism that wraps by RFC 5649 and unwraps again, and tries the others all the same. */
  async #findKeyWrap(candidates: readonly string[]): Promise<readonly MechanismVerdict[]> {
    const verdicts: MechanismVerdict[] = []
    for (const mechanism of candidates) {
      const before = this.#profile
      this.#learn({ keyWrap: { ...before.keyWrap, mechanism } })
      const verdict = await this.#tryMechanism(mechanism)
      if (verdict.detail !== SERVES || verdicts.some(({ detail }) => detail === SERVES)) {
        this.#profile = before
      }
      verdicts.push(verdict)
    }
    return verdicts
  }

  async #tryMechanism(mechanism: string): Promise<MechanismVerdict> {
    const { found: padding, failed } = await this.#prober.run('padding', undefined, this.#profile)
    if (padding === undefined) return { mechanism, padding, detail: failed }
    if (padding !== 'exact' && padding !== 'zero-padded') {
      return { mechanism, padding, detail: ANOTHER[padding] }
    }
    this.#learn({ keyWrap: { ...this.#profile.keyWrap, oddLengths: padding } })
    for (const unwrapTemplate of ['explicit', 'bare'] as const) {
      this.#learn({ unwrapTemplate })
      const { found } = await this.#prober.run('unwrap', undefined, this.#profile)
      if (found === true) return { mechanism, padding, detail: SERVES }
    }
    return { mechanism, padding, detail: 'It wraps by RFC 5649, but a wrap does not come back.' }
  }

  async #measureWrap(): Promise<void> {
    const integrity = await this.#prober.run('integrity', undefined, this.#profile)
    if (integrity.failed !== undefined) {
      this.#remark(
        'unwrap of changed bytes',
        `${integrity.failed} The service verifies its tag before it unwraps.`,
      )
    } else if (!integrity.found) {
      this.#remark(
        'unwrap of changed bytes',
        'They were unwrapped: the mechanism has no integrity check.',
      )
    }
    const longest = await this.#number('longestSecret', 32)
    this.#learn({ keyWrap: { ...this.#profile.keyWrap, maxSecretBytes: Math.max(32, longest) } })
    const shortest = await this.#number('shortestSecret', 32)
    const pair = await this.#number('longestPair', 0)
    this.#learn({
      keyWrap: { ...this.#profile.keyWrap, minGeneratedBytes: shortest, maxPairBytes: pair },
    })
  }

  async #findAlgorithms(): Promise<void> {
    const algorithms: Profile['algorithms'] = []
    for (const algorithm of [...KEY_KINDS, ...PAIR_ALGORITHMS]) {
      if (this.#lacksNumber(algorithm)) continue
      if (await this.#holds('algorithm', algorithm)) algorithms.push(algorithm)
    }
    this.#learn({ algorithms })
    const signatureSchemes: Profile['signatureSchemes'] = []
    for (const scheme of SIGNATURE_SCHEMES) {
      if (this.#lacksNumber(scheme)) continue
      if (await this.#holds('scheme', scheme)) signatureSchemes.push(scheme)
    }
    this.#learn({ signatureSchemes })
    await this.#findOaep(algorithms.includes('rsa-2048'))
    const curve = algorithms.some((one) => one.startsWith('ec-') || one === 'secp256k1')
    this.#learn({ ecdh: curve && (await this.#holds('ecdh', undefined)) })
  }

  /** A stand-in is proposed for SHA-256 alone, which is what clients use. */
  async #findOaep(hasRsa: boolean): Promise<void> {
    const hashes: Profile['oaep']['hashes'] = []
    if (hasRsa) {
      for (const hash of ['sha1', 'sha256'] as const) {
        if (await this.#holds('oaep', hash)) hashes.push(hash)
      }
    }
    const raw = hasRsa && !hashes.includes('sha256') && (await this.#holds('oaep', 'raw'))
    this.#learn({ oaep: { hashes, standIns: raw ? ['sha256'] : [] } })
  }

  async #findFlags(wraps: boolean): Promise<void> {
    const copyable = await this.#holds('copyable', undefined)
    this.#learn({
      keyAttributes: copyable ? ['copyable'] : [],
      gcm: (await this.#holds('gcm', undefined)) ? 'v240' : 'none',
      reportsLocal: await this.#holds('local', undefined),
      enforcesExtractable: wraps && (await this.#holds('extractable', undefined)),
    })
    const imports: Profile['imports'] = []
    const { hashes, standIns } = this.#profile.oaep
    if (wraps && hashes.length + standIns.length > 0) {
      for (const what of ['secrets', 'pairs'] as const) {
        if (await this.#holds('imports', what)) imports.push(what)
      }
    }
    this.#learn({ imports })
  }

  async #findInputErrors(): Promise<void> {
    const { found = [], failed } = await this.#prober.run('inputErrors', undefined, this.#profile)
    if (found.length > 0) this.#learn({ inputErrors: [...found] })
    if (failed !== undefined) this.#remark('bad input', failed)
  }

  async #holds<Name extends YesOrNo>(trial: Name, asked: Trials[Name]['asked']): Promise<boolean> {
    const { found, failed } = await this.#prober.run(trial, asked, this.#profile)
    // A plain refusal is how tokens say no; a process that ended is worth a word.
    if (failed !== undefined && /process|killed/.test(failed)) this.#remark(asked ?? trial, failed)
    return found === true
  }

  async #number(
    trial: 'longestSecret' | 'shortestSecret' | 'longestPair',
    fallback: number,
  ): Promise<number> {
    const { found, failed } = await this.#prober.run(trial, undefined, this.#profile)
    if (failed !== undefined) this.#remark(trial, failed)
    return found ?? fallback
  }

  #lacksNumber(name: string): boolean {
    const constant = OF_VENDORS.get(name)
    return constant !== undefined && this.#profile.vendorNumbers?.[constant] === undefined
  }

  #learn(facts: Partial<Profile>): void {
    this.#profile = { ...this.#profile, ...facts }
  }

  #remark(what: string, sentence: string): void {
    this.#remarks.push(`${what}: ${sentence}`)
  }
}

const SERVES = 'RFC 5649, and it comes back.'

const ANOTHER = {
  pkcs7: 'It pads as PKCS#7 does: not RFC 5649.',
  other: 'The bytes are not those of RFC 5649.',
} as const
