import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new temporary folder, for as long as a suite needs it. */
export async function newFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'kms-test-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** Runs a test in a new temporary folder, which it does not outlive. */
export async function inNewFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kms-test-'))
  try {
    await test(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Path, permission bits in octal, and content in hexadecimal of everything below a folder. */
export async function snapshot(folder: string): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {}
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const content = entry.isFile() ? (await readFile(path)).toString('hex') : ''
    found[path.slice(folder.length + 1)] = `${await modeOf(path)} ${content}`
  }
  return found
}

/** Permission bits of a file or folder in octal, e.g. `600`. */
export async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8)
}
