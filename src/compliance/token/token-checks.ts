import type { TokenIdentity } from '../../core/hsm-inspection.js'
import { TOKEN_FLAGS, type TokenFlag, type TokenState } from '../../core/hsm-assessment.js'
import { type CheckDefinition, type CheckResult, type Finding, conclude } from '../check.js'
import type { TokenFacts } from '../observations.js'
import { printable } from '../printable.js'
import { serves } from '../requirements.js'

const INFO = 'CK_TOKEN_INFO and CK_INFO are read (C_GetTokenInfo, C_GetInfo).'

const IDENTITY = check({
  id: 'TOKEN-IDENTITY',
  title: 'Token and library say who they are',
  requirements: [...serves('FIPS 140-3', '7.2.3'), ...serves('PKCS#11 v3.1', '3.2')],
  method: `${INFO} The file of the library that was loaded is hashed by SHA-256.`,
})
const FIPS = check({
  id: 'TOKEN-FIPS',
  title: 'The module is validated and in its approved mode',
  requirements: [...serves('FIPS 140-3', '7.2.4'), ...serves('PCI DSS 4.0', '3.6.1.2')],
  method: `${INFO} PKCS#11 has no flag for it: what the token calls itself is shown, and a person looks its certificate up.`,
})
const LOGIN = check({
  id: 'TOKEN-LOGIN',
  title: 'The token is initialised and asks for a login',
  requirements: [...serves('FIPS 140-3', '7.4', '7.4.4'), ...serves('PKCS#11 v3.1', '3.2')],
  method: `${INFO} CKF_TOKEN_INITIALIZED, USER_PIN_INITIALIZED and LOGIN_REQUIRED must be set, and CKF_ERROR_STATE must not.`,
})
const PINS = check({
  id: 'TOKEN-PINS',
  title: 'No PIN is locked, about to be, or still the first one',
  requirements: [...serves('FIPS 140-3', '7.4.4'), ...serves('PCI DSS 4.0', '3.6.1.3')],
  method: `${INFO} The flags CKF_USER_PIN_… and CKF_SO_PIN_… are looked at.`,
})

const MUST_BE: readonly (readonly [TokenFlag, boolean])[] = [
  ['TOKEN_INITIALIZED', true],
  ['USER_PIN_INITIALIZED', true],
  ['LOGIN_REQUIRED', true],
  ['ERROR_STATE', false],
]

const PIN_FLAGS: readonly (readonly [TokenFlag, 'fail' | 'manual', string])[] = [
  ['USER_PIN_COUNT_LOW', 'fail', 'a wrong PIN was tried since the last login'],
  ['USER_PIN_FINAL_TRY', 'fail', 'one more wrong PIN locks the token'],
  ['USER_PIN_LOCKED', 'fail', 'the user PIN is locked'],
  ['USER_PIN_TO_BE_CHANGED', 'fail', 'the user PIN is still the one of the initialisation'],
  ['SO_PIN_TO_BE_CHANGED', 'fail', 'the SO PIN is still the one of the initialisation'],
  ['SO_PIN_COUNT_LOW', 'manual', 'Find out who tried a wrong SO PIN.'],
  ['SO_PIN_FINAL_TRY', 'manual', 'Find out who tried wrong SO PINs: one more locks it.'],
  ['SO_PIN_LOCKED', 'manual', 'The SO PIN is locked: say whether that is meant.'],
]

/** Judges what the token says of itself. */
export function judgeToken(seen: {
  readonly identity: TokenIdentity
  readonly tokenState: TokenState
  readonly facts: TokenFacts
}): readonly CheckResult[] {
  const { identity, tokenState } = seen
  const { flags } = tokenState
  return [
    conclude(IDENTITY, judgeIdentity(identity, tokenState), {
      nothing: '',
      figures: [
        {
          kind: 'table',
          title: 'Token and library',
          columns: ['what', 'value'],
          rows: identityRows(identity, tokenState),
        },
      ],
    }),
    conclude(FIPS, [judgeFips(seen)], { nothing: '' }),
    conclude(
      LOGIN,
      MUST_BE.map(([flag, wanted]) => ({
        subject: `CKF_${flag}`,
        observed: flags[flag] ? 'set' : 'not set',
        verdict: flags[flag] === wanted ? ('pass' as const) : ('fail' as const),
      })),
      { nothing: '' },
    ),
    conclude(
      PINS,
      PIN_FLAGS.map((row) => judgePinFlag(flags, row)),
      { nothing: '' },
    ),
  ]
}

function judgeIdentity(
  { manufacturer, model, serial, firmware }: TokenIdentity,
  { librarySha256, libraryPath }: TokenState,
): readonly Finding[] {
  const said = { manufacturer, model, serial, firmware }
  const library = { subject: printable(`library ${libraryPath}`) }
  return [
    ...Object.entries(said).map(([subject, value]): Finding =>
      value === ''
        ? { subject, observed: 'nothing', verdict: 'fail', reason: 'the token must say it' }
        : { subject, observed: printable(value), verdict: 'pass' },
    ),
    librarySha256 === undefined
      ? {
          ...library,
          observed: 'its file cannot be read under this path',
          verdict: 'manual',
          reason: 'Hash the file that the loader finds by this name.',
        }
      : { ...library, observed: `SHA-256 ${librarySha256}`, verdict: 'pass' },
  ]
}

function judgeFips(seen: {
  readonly identity: TokenIdentity
  readonly facts: TokenFacts
}): Finding {
  const { manufacturer, model, firmware, hardware } = seen.identity
  const observed = printable(`${manufacturer} ${model}, hardware ${hardware}, firmware ${firmware}`)
  const reason = seen.facts.production
    ? 'Look up the certificate of this model and firmware in the list of validated modules (NIST CMVP), and see on the console of the HSM that it is in its approved mode.'
    : 'The profile says that such tokens are for development: no certificate, and no real keys.'
  return { subject: 'the module', observed, verdict: 'manual', reason }
}

function judgePinFlag(
  flags: TokenState['flags'],
  [flag, verdict, reason]: (typeof PIN_FLAGS)[number],
): Finding {
  const subject = `CKF_${flag}`
  return flags[flag]
    ? { subject, observed: 'set', verdict, reason }
    : { subject, observed: 'not set', verdict: 'pass' }
}

function identityRows(
  identity: TokenIdentity,
  state: TokenState,
): readonly (readonly (string | number)[])[] {
  const set = TOKEN_FLAGS.filter((flag) => state.flags[flag])
  const facts = {
    ...identity,
    'library file': state.libraryPath,
    'library SHA-256': state.librarySha256 ?? 'not read',
    'PKCS#11': state.cryptoki,
    'PIN length': pinLength(state),
    flags: set.map((flag) => `CKF_${flag}`).join(', '),
  }
  return Object.entries(facts).map(([name, value]) => [name, printable(value)])
}

function pinLength({ minPinBytes, maxPinBytes }: TokenState): string {
  return maxPinBytes === undefined
    ? `${minPinBytes} bytes or more`
    : `${minPinBytes} to ${maxPinBytes} bytes`
}

function check(row: Omit<CheckDefinition, 'suite'>): CheckDefinition {
  return { suite: 'token', ...row }
}
