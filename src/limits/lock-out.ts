import type { Clock } from '../core/clock.js'
import type { LockOut } from '../core/lock-out.js'
import { NO_SIBLINGS } from '../core/siblings.js'
import { addressGroup } from './address-group.js'

/** When somebody who fails is locked out. */
export interface LockOutRule {
  /** So many failures in a row; 0: nobody is locked out. */
  readonly failures: number
  /** How long, and how long a failure counts, in milliseconds. */
  readonly ms: number
  /**
   * Who is locked out: a name from the address where it failed, or the name from everywhere, by which anybody can lock
   * out others.
   */
  readonly scope: 'address' | 'everywhere'
}

interface Failures {
  readonly count: number
  /** By the clock that only ever passes. */
  readonly lastAt: number
}

/** So many names are counted, and so many are locked out. */
const MAX_NAMES = 20_000

const TOPIC = 'lock-out'

/**
 * Makes the counter of failures of this process, which tells its siblings of them: they count together. Who is locked out
 * is kept apart from those who merely failed: whoever makes up names pushes out others that were made up, and never himself.
 *
 * @param clock - of time that only ever passes
 */
export function createLockOut(rule: LockOutRule, clock: Clock, siblings = NO_SIBLINGS): LockOut {
  const failing = new Map<string, Failures>()
  const locked = new Map<string, Failures>()

  function keyOf(name: string, address: string): string {
    return rule.scope === 'address' ? `${addressGroup(address)} ${name}` : name
  }

  function freshOf(names: Map<string, Failures>, key: string): Failures | undefined {
    const known = names.get(key)
    if (known === undefined) return undefined
    const age = clock() - known.lastAt
    if (age >= 0 && age < rule.ms) return known
    names.delete(key)
    return undefined
  }

  function count(key: string): void {
    const before = freshOf(locked, key) ?? freshOf(failing, key)
    const now = { count: (before?.count ?? 0) + 1, lastAt: clock() }
    failing.delete(key)
    keep(now.count < rule.failures ? failing : locked, key, now)
  }

  /** Whether there was anything to forget. */
  function forget(key: string): boolean {
    const failed = failing.delete(key)
    return locked.delete(key) || failed
  }

  siblings.answer(TOPIC, (news) => {
    const [what, key] = Array.isArray(news) ? (news as readonly unknown[]) : []
    if (typeof key !== 'string') return
    if (what === 'failed') count(key)
    else forget(key)
  })

  return {
    isLocked(name, address) {
      if (locked.size === 0) return false
      return freshOf(locked, keyOf(name, address)) !== undefined
    },
    failed(name, address) {
      if (rule.failures === 0) return
      const key = keyOf(name, address)
      count(key)
      void siblings.ask(TOPIC, ['failed', key])
    },
    succeeded(name, address) {
      if (failing.size + locked.size === 0) return
      const key = keyOf(name, address)
      if (forget(key)) void siblings.ask(TOPIC, ['forgiven', key])
    },
  }
}

/** Of too many names the one goes that failed longest ago. */
function keep(names: Map<string, Failures>, key: string, failures: Failures): void {
  names.delete(key)
  names.set(key, failures)
  if (names.size <= MAX_NAMES) return
  for (const oldest of names.keys()) {
    names.delete(oldest)
    return
  }
}
