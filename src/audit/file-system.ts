import { close, constants, fstat, fsync, ftruncate, open, statSync, write } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { errorCode } from './error-code.js'

/** A file that records are appended to. */
export interface AppendedFile {
  /** Appends: what was taken is on disk when this resolves. Returns how many bytes that is, which may be fewer than all. */
  write(bytes: Uint8Array): Promise<number>
  /** Cuts the file to a length in bytes, on disk as well when this resolves. */
  cut(length: number): Promise<void>
  /** Whether the file is still the one that its name leads to. */
  isInPlace(): boolean
  close(): Promise<void>
}

/** Makes a file that must not be there yet. */
export type CreateFile = (path: string) => Promise<AppendedFile>

const calls = {
  open: promisify(open),
  write: promisify(write),
  fstat: promisify(fstat),
  fsync: promisify(fsync),
  ftruncate: promisify(ftruncate),
  close: promisify(close),
}

const { O_APPEND, O_CREAT, O_DSYNC, O_EXCL, O_WRONLY, O_RDONLY } = constants
/** With O_DSYNC a write is its own confirmation: one trip to the threads of the process instead of two. */
const APPEND = O_WRONLY | O_APPEND | O_DSYNC

/** Makes a file on disk, readable by its owner alone; its name is on disk as well when this resolves. */
export async function createFile(path: string): Promise<AppendedFile> {
  const file = await openNew(path)
  try {
    await syncFolder(dirname(path))
  } catch (error) {
    await calls.close(file)
    throw error
  }
  const identity = statSync(path, { bigint: true }).ino
  return {
    write: async (bytes) => (await calls.write(file, bytes)).bytesWritten,
    async cut(length) {
      await calls.ftruncate(file, length)
      await calls.fsync(file)
    },
    isInPlace: () => statSync(path, { bigint: true, throwIfNoEntry: false })?.ino === identity,
    close: () => calls.close(file),
  }
}

/** An attempt that failed may have left the file, which is empty then. */
async function openNew(path: string): Promise<number> {
  try {
    return await calls.open(path, APPEND | O_CREAT | O_EXCL, 0o600)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
    const file = await calls.open(path, APPEND | constants.O_NOFOLLOW)
    const { size } = await calls.fstat(file)
    if (size === 0) return file
    await calls.close(file)
    throw error
  }
}

/** Confirms that the names in a folder are on disk. */
export async function syncFolder(folder: string): Promise<void> {
  const file = await calls.open(folder, O_RDONLY)
  try {
    await calls.fsync(file)
  } finally {
    await calls.close(file)
  }
}
