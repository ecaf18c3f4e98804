import argon2 from 'argon2'

/** How passwords are hashed: the second of the recommendations of OWASP for argon2id; memory in KiB. */
const ARGON2 = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Longest password in bytes of UTF-8. */
export const MAX_PASSWORD_BYTES = 1024
/** Fewest characters of a password that an operator may set. */
export const MIN_PASSWORD_CHARACTERS = 12

/** So many hashes may wait; each keeps a thread and 19 MiB for some tens of milliseconds. */
const MAX_WAITING = 32

/** Hashes and checks passwords. */
export interface Passwords {
  /** argon2id in PHC string form. */
  hash(this: void, password: string): Promise<string>
  /**
   * Whether a password belongs to a hash. Where there is no hash, the answer is no, after the same work.
   *
   * @throws PasswordsBusy
   */
  verify(this: void, hash: string | undefined, password: string): Promise<boolean>
}

/** Too many passwords wait to be checked. */
export class PasswordsBusy extends Error {
  override readonly name = 'PasswordsBusy'
}

/** Makes the hasher of passwords. It works on one at a time: the audit log needs the other threads of the process. */
export function createPasswords(): Passwords {
  let nobody: string | undefined
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (waiting >= MAX_WAITING) throw new PasswordsBusy('Too many passwords wait to be checked.')
    waiting += 1
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      waiting -= 1
    }
  }

  return {
    hash: (password) => argon2.hash(password, ARGON2),
    verify: (hash, password) =>
      inTurn(async () => {
        if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return false
        // Made with the first password that is checked, whether its user exists or not.
        const standIn = (nobody ??= await argon2.hash('nobody has this password', ARGON2))
        const matches = await argon2.verify(hash ?? standIn, password)
        return hash !== undefined && matches
      }),
  }
}
