import { writeFileSync } from 'node:fs'

/**
 * Keeps the memory of this process, and of those that it starts, out of core files: the kernel writes no memory segment
 * of any kind (core(5), coredump_filter). A limit of the size could be set from outside only.
 *
 * @returns why it could not be done, where it could not
 */
export function keepOutOfCoreFiles(): string | undefined {
  if (process.platform !== 'linux') return 'only Linux lets a process say so'
  try {
    writeFileSync('/proc/self/coredump_filter', '0')
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown'
  }
}
