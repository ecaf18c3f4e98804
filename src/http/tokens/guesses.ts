import type { UserReference } from '../../auth/token-service.js'
import type { LockOut } from '../../core/lock-out.js'

/**
 * One guess of a password, counted twice: under the user as the request names him, and under the user who is meant by that.
 *
 * A user can be named in several ways, and each of them would have guesses of its own. But a lock that showed itself under a
 * name that was never used before would tell that two names mean one user who exists. So the count of the user himself is
 * never told: his password is looked at as any other, and takes as long; whatever it is, it counts as wrong.
 */
export class Guess {
  readonly #lockOut: LockOut
  readonly #address: string
  readonly #named: string
  #user: string | undefined

  constructor(lockOut: LockOut, address: string, reference: UserReference) {
    this.#lockOut = lockOut
    this.#address = address
    this.#named = nameOf(reference)
  }

  /** Who is meant, where there is such a user. */
  meant(userId: string): void {
    this.#user = `user himself ${userId}`
  }

  /** Whether so many guesses under this name were wrong that the next ones are not looked at. */
  isLocked(): boolean {
    return this.#isLocked(this.#named)
  }

  /** Whether a password must count as wrong, though it is right. */
  isUnwelcome(): boolean {
    return this.isLocked() || (this.#user !== undefined && this.#isLocked(this.#user))
  }

  failed(): void {
    this.#lockOut.failed(this.#named, this.#address)
    // What was not judged any more makes nobody's wait longer.
    if (this.#user !== undefined && !this.#isLocked(this.#user)) {
      this.#lockOut.failed(this.#user, this.#address)
    }
  }

  succeeded(): void {
    this.#lockOut.succeeded(this.#named, this.#address)
    if (this.#user !== undefined) this.#lockOut.succeeded(this.#user, this.#address)
  }

  #isLocked(name: string): boolean {
    return this.#lockOut.isLocked(name, this.#address)
  }
}

/** Of what finds the user and nothing else: members that mean nothing would make a name of their own of each guess. */
function nameOf(user: UserReference): string {
  if ('id' in user) return `user ${user.id}`
  const { name, domain } = user
  const account = 'id' in domain ? ['id', domain.id] : ['name', domain.name]
  return `user ${JSON.stringify([name, ...account])}`
}
