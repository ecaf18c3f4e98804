import { accessSync, constants } from 'node:fs'

const MEMORY = '/dev/shm'

/** A folder of a file system in memory, where this system has one. */
export function memoryFolder(): string | undefined {
  try {
    accessSync(MEMORY, constants.W_OK | constants.X_OK)
    return MEMORY
  } catch {
    return undefined
  }
}
