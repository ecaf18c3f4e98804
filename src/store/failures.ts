import { KmsError } from '../core/errors.js'
import { NameTaken, OwnerMissing, StillInUse } from '../core/identity.js'
import { StaleRevision, StoreUnavailable } from '../core/key-store.js'
import { NewerDatabase } from './migrate.js'

/** Primary result codes of SQLite (sqlite.org/rescode.html) that say: not this statement, the database is at fault. */
const SQLITE_UNAVAILABLE: ReadonlySet<string> = new Set([
  'AUTH',
  'BUSY',
  'CANTOPEN',
  'CORRUPT',
  'FULL',
  'IOERR',
  'LOCKED',
  'NOMEM',
  'NOTADB',
  'PERM',
  'PROTOCOL',
  'READONLY',
])

/** Beginnings of the SQLSTATEs (PostgreSQL manual, appendix A) that say the same. */
const SQLSTATE_UNAVAILABLE = [
  '08', // connection
  '25006', // read-only: a standby after a failover
  '25P03', // idle in transaction for too long
  '28', // login refused
  '3D000', // no such database
  '40', // deadlock, serialisation
  '53', // out of disk, memory or connections
  '55P03', // lock not available
  '57', // shutdown, starting up, statement timeout
  '58', // input or output failed
] as const

/** Errors of the language itself: a mistake in this program, never the database's fault. */
const MISTAKES: ReadonlySet<string> = new Set([
  'TypeError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
])

/** What is thrown on purpose, and says all that is to be said. */
const OWN = [
  KmsError,
  StaleRevision,
  StoreUnavailable,
  NewerDatabase,
  NameTaken,
  OwnerMissing,
  StillInUse,
] as const

/** Fields in which PostgreSQL repeats values and statements. */
const TALKATIVE = ['detail', 'hint', 'where', 'internalQuery'] as const

/** Runs work on the database; whatever fails in it comes out as an error of the store ports. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translate(error)
  }
}

/** Whether a statement failed because a value that must be unique is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return (
    isError(error) &&
    ['23505', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY'].includes(
      codeOf(error) ?? '',
    )
  )
}

/** Whether a statement failed because the row that it refers to is not there, or because others refer to its row. */
export function isForeignKeyViolation(error: unknown): boolean {
  return isError(error) && ['23503', 'SQLITE_CONSTRAINT_FOREIGNKEY'].includes(codeOf(error) ?? '')
}

/**
 * Whether an error says that the connection to PostgreSQL must not be used again: everything but an error that the
 * server reported and survived.
 */
export function isConnectionLost(error: unknown): boolean {
  if (!isError(error)) return true
  const severity = 'severity' in error ? error.severity : undefined
  return severity !== 'ERROR'
}

function translate(error: unknown): unknown {
  if (!isError(error) || OWN.some((own) => error instanceof own)) return error
  const code = codeOf(error)
  const suffix = code === undefined ? '' : ` (${code})`
  if (isUnavailable(error, code)) {
    for (const field of TALKATIVE) if (field in error) Reflect.deleteProperty(error, field)
    return new StoreUnavailable(`The database cannot be used at the moment${suffix}.`, {
      cause: error,
    })
  }
  if (code === undefined) return error
  // The original message may repeat a value, so only its code and its place in this program are kept.
  const cause = new Error(code)
  if (error.stack !== undefined) cause.stack = error.stack.replace(error.message, code)
  return new Error(`The database refused a statement${suffix}.`, { cause })
}

function isUnavailable(error: Error, code: string | undefined): boolean {
  if (MISTAKES.has(error.name)) return false
  if (code?.startsWith('SQLITE_')) return SQLITE_UNAVAILABLE.has(code.split('_')[1] ?? '')
  if ('severity' in error) return SQLSTATE_UNAVAILABLE.some((start) => code?.startsWith(start))
  // What is left comes from the operating system, from TLS, or from a driver that lost or closed its connection.
  return true
}

/** An error by its shape: that of better-sqlite3 is no native one. */
function isError(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && 'name' in error && 'message' in error
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
