import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { TOKEN_FLAGS, type TokenFlag, type TokenState } from '../../core/hsm-assessment.js'
import { call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { statedLimit } from './stated-limit.js'

/** Numbers of the flags: PKCS#11 v3.1 section 3.2, CK_TOKEN_INFO. */
const FLAGS: Readonly<Record<TokenFlag, number>> = {
  RNG: 0x1,
  WRITE_PROTECTED: 0x2,
  LOGIN_REQUIRED: 0x4,
  USER_PIN_INITIALIZED: 0x8,
  PROTECTED_AUTHENTICATION_PATH: 0x100,
  TOKEN_INITIALIZED: 0x400,
  USER_PIN_COUNT_LOW: 0x10000,
  USER_PIN_FINAL_TRY: 0x20000,
  USER_PIN_LOCKED: 0x40000,
  USER_PIN_TO_BE_CHANGED: 0x80000,
  SO_PIN_COUNT_LOW: 0x100000,
  SO_PIN_FINAL_TRY: 0x200000,
  SO_PIN_LOCKED: 0x400000,
  SO_PIN_TO_BE_CHANGED: 0x800000,
  ERROR_STATE: 0x1000000,
}

/** Reads what the token says of itself, and hashes the file of the library that was loaded. */
export function readTokenState({ lib, slot }: OpenSession): TokenState {
  const token = call('C_GetTokenInfo', () => lib.C_GetTokenInfo(slot))
  const { cryptokiVersion } = call('C_GetInfo', () => lib.C_GetInfo())
  const flags = TOKEN_FLAGS.map((name) => [name, (token.flags & FLAGS[name]) !== 0])
  return {
    // Built from TOKEN_FLAGS, which are exactly the names of the flags.
    flags: Object.fromEntries(flags) as Record<TokenFlag, boolean>,
    minPinBytes: token.minPinLen,
    maxPinBytes: statedLimit(token.maxPinLen),
    libraryPath: lib.libPath,
    librarySha256: sha256OfFile(lib.libPath),
    cryptoki: `${cryptokiVersion.major}.${cryptokiVersion.minor}`,
  }
}

function sha256OfFile(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch {
    return undefined
  }
}
