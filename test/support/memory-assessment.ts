import {
  type Assessment,
  TOKEN_FLAGS,
  type TokenFlag,
  type TokenState,
} from '../../src/core/hsm-assessment.js'
import type { MemoryToken } from './memory-token.js'

const SET: readonly TokenFlag[] = [
  'RNG',
  'LOGIN_REQUIRED',
  'USER_PIN_INITIALIZED',
  'TOKEN_INITIALIZED',
]

/** What the in-memory HSM says of itself: a token in order, with no library. */
const MEMORY_STATE: TokenState = {
  flags: Object.fromEntries(TOKEN_FLAGS.map((flag) => [flag, SET.includes(flag)])) as Record<
    TokenFlag,
    boolean
  >,
  minPinBytes: 4,
  maxPinBytes: 255,
  libraryPath: 'memory',
  librarySha256: undefined,
  cryptoki: '2.40',
}

/** What an assessment asks: the in-memory HSM has no API of PKCS#11 to attack, and takes no keys from outside. */
export function assessmentCommands(token: MemoryToken): Assessment {
  return {
    async tokenState() {
      await token.enter('tokenState')
      return MEMORY_STATE
    },
    async apiAttacks() {
      await token.enter('apiAttacks')
      return [
        {
          attempt: 'wrap-decrypt: none',
          refused: true,
          detail: 'There is no API of PKCS#11 here.',
        },
      ]
    },
    async vectors(questions) {
      await token.enter('vectors')
      return questions.map(() => ({
        outcome: 'unsupported',
        detail: 'It takes no keys from outside.',
      }))
    },
  }
}
