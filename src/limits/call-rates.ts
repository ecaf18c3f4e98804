import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import type { CallLimits } from '../core/call-limits.js'
import { KmsError } from '../core/errors.js'
import { addressGroup } from './address-group.js'
import { LeasedLimiter } from './leased-limiter.js'
import type { Leases } from './leases.js'

/** Calls for each second; 0: as many as come. */
export interface CallRates {
  readonly perAddress: number
  readonly perCaller: number
}

/** Sends statements to the PostgreSQL that replicas share. */
export interface SharedCounts {
  query(statement: {
    readonly name?: string
    readonly text: string
    readonly values?: readonly unknown[]
  }): Promise<unknown>
}

const SECONDS = 1
/** Passwords are checked one after another, some tens in a second: no address may keep others from theirs. */
const PASSWORDS_PER_ADDRESS = 5
const TABLE = 'call_count'

/** With whom a process counts, where it does not count alone. */
export interface CountedWith {
  /** All replicas. */
  readonly shared?: SharedCounts | undefined
  /** The processes of this machine. */
  readonly leases?: Leases | undefined
}

/**
 * Makes the limits of calls: of this process, of those of this machine, or of all replicas together. While whoever keeps
 * the count does not answer, each process counts for itself.
 */
export function createCallLimits(rates: CallRates, others: CountedWith = {}): CallLimits {
  const addresses = limiterOf('address', rates.perAddress, others)
  const callers = limiterOf('caller', rates.perCaller, others)
  // What one replica checks costs no other one anything.
  const passwords = limiterOf('password', Math.min(rates.perAddress, PASSWORDS_PER_ADDRESS), {
    leases: others.leases,
  })
  return {
    admitAddress: (address) => admit(addresses, addressGroup(address), 'address'),
    admitPassword: (address) => admit(passwords, addressGroup(address), 'address'),
    admitCaller: (principal) => admit(callers, principal, 'access key or user'),
  }
}

function limiterOf(
  keyPrefix: string,
  points: number,
  { shared, leases }: CountedWith,
): Limiter | undefined {
  if (points === 0) return undefined
  if (leases && !shared) return new LeasedLimiter(keyPrefix, points, leases)
  return overPackage(counterOf(keyPrefix, points, shared))
}

/** Says whether there is a call left for a key. */
interface Limiter {
  admits(key: string): Promise<boolean>
}

function overPackage(limiter: RateLimiterAbstract): Limiter {
  return {
    async admits(key) {
      try {
        await limiter.consume(key)
        return true
      } catch (reached) {
        if (!(reached instanceof RateLimiterRes)) throw reached
        return false
      }
    },
  }
}

function counterOf(
  keyPrefix: string,
  points: number,
  shared: SharedCounts | undefined,
): RateLimiterAbstract {
  const own = new RateLimiterMemory({ keyPrefix, points, duration: SECONDS })
  if (!shared) return own
  return new RateLimiterPostgres({
    storeClient: shared,
    storeType: 'client',
    tableName: TABLE,
    tableCreated: true,
    keyPrefix,
    points,
    duration: SECONDS,
    // Once a limit is reached nobody asks the database again until its second is over.
    inMemoryBlockOnConsumed: points + 1,
    insuranceLimiter: own,
  })
}

async function admit(limiter: Limiter | undefined, key: string, what: string): Promise<void> {
  if (!limiter || (await limiter.admits(key))) return
  throw new KmsError(
    'APIGW.0308',
    `This ${what} has made its calls of this second. Wait a moment, then try again.`,
  )
}
