import type { KeyFlag } from '../../core/hsm-inspection.js'
import { type CheckDefinition, type CheckResult, type Finding, conclude } from '../check.js'
import type { ServiceItem } from '../inventory.js'
import type { TokenFacts } from '../observations.js'
import { serves } from '../requirements.js'

const NO_KEYS = 'There is no key of the service on the token.'
const UNKNOWN = 'not reported'

interface FlagCheck extends CheckDefinition {
  readonly flag: KeyFlag
  readonly wanted: boolean
}

const FLAG_CHECKS: readonly FlagCheck[] = [
  flagCheck({
    id: 'KEY-SENSITIVE',
    title: 'Keys are sensitive: the token never shows them in the clear',
    requirements: [
      ...serves('FIPS 140-3', '7.9.1'),
      ...serves('PKCS#11 v3.1', '4.9', '4.10'),
      ...serves('PCI DSS 4.0', '3.6.1.2'),
    ],
    flag: 'sensitive',
    attribute: 'CKA_SENSITIVE',
    wanted: true,
  }),
  flagCheck({
    id: 'KEY-EXTRACTABLE',
    title: 'Keys cannot be extracted, not even wrapped',
    requirements: [
      ...serves('FIPS 140-3', '7.9.5'),
      ...serves('PKCS#11 v3.1', '4.9', '4.10'),
      ...serves('PCI DSS 4.0', '3.6.1.2', '3.6.1.4'),
    ],
    flag: 'extractable',
    attribute: 'CKA_EXTRACTABLE',
    wanted: false,
  }),
  flagCheck({
    id: 'KEY-ALWAYS-SENSITIVE',
    title: 'Keys were never anything but sensitive',
    requirements: [...serves('FIPS 140-3', '7.9.1'), ...serves('PKCS#11 v3.1', '4.9', '4.10')],
    flag: 'alwaysSensitive',
    attribute: 'CKA_ALWAYS_SENSITIVE',
    wanted: true,
  }),
  flagCheck({
    id: 'KEY-NEVER-EXTRACTABLE',
    title: 'Keys could never be extracted',
    requirements: [...serves('FIPS 140-3', '7.9.5'), ...serves('PKCS#11 v3.1', '4.9', '4.10')],
    flag: 'neverExtractable',
    attribute: 'CKA_NEVER_EXTRACTABLE',
    wanted: true,
  }),
  flagCheck({
    id: 'KEY-LOCAL',
    title: 'Keys were generated on the token',
    requirements: [
      ...serves('FIPS 140-3', '7.9.3'),
      ...serves('SP 800-133 rev 2', '4'),
      ...serves('PKCS#11 v3.1', '4.7'),
      ...serves('PCI DSS 4.0', '3.7.1'),
    ],
    flag: 'local',
    attribute: 'CKA_LOCAL',
    wanted: true,
  }),
  flagCheck({
    id: 'KEY-TOKEN',
    title: 'Keys are stored on the token',
    requirements: [
      ...serves('FIPS 140-3', '7.9.6'),
      ...serves('PKCS#11 v3.1', '4.4'),
      ...serves('PCI DSS 4.0', '3.7.3'),
    ],
    flag: 'token',
    attribute: 'CKA_TOKEN',
    wanted: true,
  }),
  flagCheck({
    id: 'KEY-PRIVATE',
    title: 'Keys can be seen after a login only',
    requirements: [...serves('FIPS 140-3', '7.4'), ...serves('PKCS#11 v3.1', '4.4')],
    flag: 'private',
    attribute: 'CKA_PRIVATE',
    wanted: true,
  }),
  flagCheck({
    id: 'KEY-MODIFIABLE',
    title: 'Attributes of keys cannot be changed',
    requirements: [...serves('FIPS 140-3', '7.9.1'), ...serves('PKCS#11 v3.1', '4.4')],
    flag: 'modifiable',
    attribute: 'CKA_MODIFIABLE',
    wanted: false,
  }),
]

/** Judges how every key of the service is protected. What the token does not report is not taken for good. */
export function judgeAttributes(
  items: readonly ServiceItem[],
  facts: TokenFacts,
): readonly CheckResult[] {
  return FLAG_CHECKS.map(({ flag, wanted, ...definition }) =>
    conclude(
      definition,
      items.map((item) => judgeFlag(item, { flag, wanted, facts })),
      { nothing: NO_KEYS },
    ),
  )
}

/** What says where a key was made: of imported material it can only say that it came from elsewhere. */
const HISTORY: ReadonlySet<KeyFlag> = new Set(['alwaysSensitive', 'neverExtractable', 'local'])

function judgeFlag(
  { object, subject, stored }: ServiceItem,
  { flag, wanted, facts }: Pick<FlagCheck, 'flag' | 'wanted'> & { readonly facts: TokenFacts },
): Finding {
  const seen = object.flags[flag]
  const observed = seen === undefined ? UNKNOWN : String(seen)
  if (seen === wanted) return { subject, observed, verdict: 'pass' }
  if (stored?.imported === true && HISTORY.has(flag)) {
    const reason = 'The material was imported by its owner: it was made elsewhere.'
    return { subject, observed, verdict: 'not-applicable', reason }
  }
  if (flag === 'local' && !facts.reportsLocal) {
    const reason = 'The profile says that the token does not set CKA_LOCAL on keys it generated.'
    return { subject, observed, verdict: 'not-applicable', reason }
  }
  return { subject, observed, verdict: 'fail', reason: `it must be ${String(wanted)}` }
}

function flagCheck(
  row: Omit<FlagCheck, 'suite' | 'method'> & { readonly attribute: string },
): FlagCheck {
  const { attribute, ...rest } = row
  const method = `${attribute} of each key of the service is read back from the token (C_GetAttributeValue).`
  return { suite: 'keys', method, ...rest }
}
