import { EC_PAIR_SPECS, RSA_PAIR_SPECS, pairAlgorithm } from '../core/pair-specs.js'
import { KmsError } from '../core/errors.js'
import type { HsmLimits } from '../core/hsm.js'
import { requireImports } from '../core/import-parameters.js'
import { KEY_SPECS, type KeySpec, keySpecRow } from '../core/key-specs.js'
import { requireMakeable } from '../core/material.js'
import {
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  signingAlgorithm,
} from '../core/signing-algorithms.js'
import { limitsOf } from '../hsm/profile.js'
import type { ProbeReport } from '../hsm/probe/probe-token.js'

/** Whether the service can run on the token that was probed. */
export function canServe({ profile, knownAnswers }: ProbeReport): boolean {
  return (
    profile.unsuitable === undefined &&
    knownAnswers.length > 0 &&
    knownAnswers.every(({ passed }) => passed)
  )
}

/**
 * What a probe found, for people: the token, its key wrap, and what the API does on it. Each refusal is what the code of
 * the API itself says to these limits.
 */
export function renderVerdict(report: ProbeReport): string {
  const { token, mechanisms, remarks, knownAnswers, profile } = report
  const { manufacturer, model, firmware, library } = token.identity
  const failed = knownAnswers.filter(({ passed }) => !passed)
  return [
    `${manufacturer} ${model}, firmware ${firmware}, library ${library}`,
    `${token.mechanisms.length} mechanisms; sessions: ${token.maxSessions || 'no limit stated'}`,
    '',
    'Key wrap',
    ...mechanisms.map(({ mechanism, detail }) => `  ${mechanism.padEnd(11)} ${detail}`),
    '',
    ...(profile.unsuitable === undefined ? apiLines(limitsOf(profile)) : []),
    ...(remarks.length > 0 ? ['', 'Remarks', ...remarks.map((remark) => `  ${remark}`)] : []),
    ...failed.map(({ test, detail }) => `  known-answer test failed: ${test}: ${detail}`),
    '',
    sentence(report),
    '',
  ].join('\n')
}

function sentence(report: ProbeReport): string {
  const { profile, knownAnswers } = report
  if (profile.unsuitable !== undefined) {
    return `The service cannot run on this token. ${profile.unsuitable}`
  }
  if (!canServe(report)) return 'The service cannot run on this token: it fails known-answer tests.'
  const kept = profile.enforcesExtractable
    ? ''
    : ' But it gives away keys that are not extractable: it must not guard real ones.'
  return `The service runs on this token: ${knownAnswers.length} known-answer tests pass.${kept}`
}

function apiLines(limits: HsmLimits): readonly string[] {
  return [
    'What the API does on it',
    line('data keys', [], `1 to ${limits.maxSecretBytes} bytes`),
    line('encrypt-data', limits.sealsData ? [] : ['symmetric keys: KMS.2105']),
    ...lists('create-key', KEY_SPECS, (spec) => makes(limits, spec)),
    ...lists('key agreement', ['EC_P256', 'EC_P384'] as const, (spec) => {
      requireMakeable(limits, { spec, usage: 'KEY_AGREEMENT' })
    }),
    ...lists('imports', KEY_SPECS.filter(isImported), (spec) => {
      makes(limits, spec)
      requireImports(limits, { spec })
    }),
    ...lists('data-key pairs', [...RSA_PAIR_SPECS, ...EC_PAIR_SPECS], (spec) =>
      pairAlgorithm(spec, limits),
    ),
    ...lists('signatures', SIGNING_ALGORITHMS, (name) => {
      requireSigner(limits, name)
    }),
    line(
      'RSA OAEP',
      (['sha1', 'sha256'] as const).flatMap((hash) =>
        limits.oaepHashes.includes(hash) ? [] : [`${hash}: KMS.2106, KMS.0308 for imports`],
      ),
      limits.oaepHashes.join(', '),
    ),
  ]
}

function makes(limits: HsmLimits, spec: KeySpec): void {
  const [usage] = keySpecRow(spec).usages
  requireMakeable(limits, { spec, usage })
}

/** Some key that the token makes must sign by the algorithm. */
function requireSigner(limits: HsmLimits, name: SigningAlgorithm): void {
  const signs = KEY_SPECS.some(
    (spec) =>
      codeOf(() => {
        makes(limits, spec)
        signingAlgorithm(name, { spec, limits })
      }) === undefined,
  )
  if (!signs) throw new KmsError('KMS.0332', `No key of the token signs by ${name}.`)
}

function isImported(spec: KeySpec): boolean {
  return ['symmetric', 'rsa', 'ec'].includes(keySpecRow(spec).family)
}

/** One line of what works, and one of what is refused, with its code. */
function lists<Item extends string>(
  what: string,
  items: readonly Item[],
  judge: (item: Item) => unknown,
): readonly string[] {
  const judged = items.map((item) => [item, codeOf(() => judge(item))] as const)
  const works = judged.flatMap(([item, code]) => (code === undefined ? [item] : []))
  const refused = judged.flatMap(([item, code]) => (code === undefined ? [] : [`${item}: ${code}`]))
  return [line(what, refused, works.join(', '))]
}

function line(what: string, refused: readonly string[], works = 'works'): string {
  const refusals = refused.length === 0 ? '' : `; refused: ${refused.join(', ')}`
  return `  ${what.padEnd(15)} ${works === '' ? 'none' : works}${refusals}`
}

function codeOf(judge: () => unknown): string | undefined {
  try {
    judge()
    return undefined
  } catch (error) {
    if (error instanceof KmsError) return error.code
    throw error
  }
}
