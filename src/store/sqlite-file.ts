import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { StoreUnavailable } from '../core/key-store.js'

/** How long a statement waits for a lock of another process: attempts, and the milliseconds between two of them. */
const BUSY = { attempts: 500, pauseMs: 10 } as const

/** An open SQLite database and where it lies. */
export interface SqliteFile {
  readonly db: Sqlite.Database
  /**
   * Makes sure that the file is still where it was opened.
   *
   * @throws StoreUnavailable when it was removed or replaced: SQLite would go on writing into a file without a name
   */
  requireInPlace(): void
}

/** Opens a SQLite database, made if absent, that survives a loss of power once a write has been answered. */
export async function openSqliteFile(path: string): Promise<SqliteFile> {
  restrictMode(path)
  const db = new Sqlite(path, { timeout: 0 })
  try {
    await whileBusy(() => prepare(db))
  } catch (error) {
    db.close()
    throw error
  }
  const opened = identityOf(path)
  return {
    db,
    requireInPlace: () => {
      if (opened !== undefined && identityOf(path) === opened) return
      throw new StoreUnavailable(
        'The file of the SQLite database was removed or replaced while in use. Put it back, or restart the service.',
      )
    },
  }
}

/**
 * Runs a statement until no other connection is in its way, or 5 seconds have passed.
 *
 * SQLite's own busy_timeout sleeps inside the call: nothing else of this process would run, not even a transaction that
 * holds the very lock.
 */
export async function whileBusy<T>(run: () => T): Promise<T> {
  for (let attempt = 1; attempt < BUSY.attempts; attempt += 1) {
    try {
      return run()
    } catch (error) {
      if (!isBusy(error)) throw error
    }
    await setTimeout(BUSY.pauseMs)
  }
  return run()
}

function isBusy(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false
  return typeof error.code === 'string' && /^SQLITE_(BUSY|LOCKED)/.test(error.code)
}

/** Leaves the file to its owner alone; SQLite gives the -wal and -shm files that it makes the mode of the database. */
function restrictMode(path: string): void {
  // Only a file that is not there yet is opened here: closing it would drop every POSIX lock that SQLite holds on it.
  if (!existsSync(path)) createEmpty(path)
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    const stats = statSync(file, { throwIfNoEntry: false })
    if (!stats) continue
    if (!stats.isFile()) {
      throw new StoreUnavailable('The path of the SQLite database is not that of a file.')
    }
    if ((stats.mode & 0o077) !== 0) chmodSync(file, 0o600)
  }
}

function createEmpty(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    // Another process made it in between.
    if (!existsSync(path)) throw error
  }
}

function prepare(db: Sqlite.Database): void {
  const mode = db.pragma('journal_mode = WAL', { simple: true })
  if (mode !== 'wal') {
    throw new StoreUnavailable('The file system of the SQLite database does not admit WAL mode.')
  }
  // A commit is on the disk before it is answered: fsync at each one, and on macOS the one that reaches the platter.
  db.pragma('synchronous = FULL')
  db.pragma('fullfsync = ON')
  db.pragma('foreign_keys = ON')
}

function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stats && `${stats.dev.toString()}:${stats.ino.toString()}`
}
