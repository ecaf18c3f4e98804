import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system in memory that holds one megabyte. */
export interface SmallFileSystem {
  readonly folder: string
  makeReadOnly(): void
  remove(): void
}

/** Why no file system can be mounted here, if none can. */
export function whyNoMount(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may mount a file system'
  try {
    mountSmallFileSystem().remove()
    return undefined
  } catch {
    return 'this system does not let root mount a file system'
  }
}

/** Mounts one on a new folder. */
export function mountSmallFileSystem(): SmallFileSystem {
  const folder = mkdtempSync(join(tmpdir(), 'kms-small-'))
  try {
    run('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', folder])
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
  return {
    folder,
    makeReadOnly: () => run('mount', ['-o', 'remount,ro', folder]),
    remove: () => {
      run('umount', [folder])
      rmSync(folder, { recursive: true })
    },
  }
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'pipe' })
}
