import { access, lstat, mkdtemp, open, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { errorCode } from '../../audit/error-code.js'
import { syncFolder } from '../../audit/file-system.js'

/** A folder cannot be made: the message is a sentence that names it. */
export class UnusableFolder extends Error {
  override readonly name = 'UnusableFolder'
}

/**
 * Tells before a run whether a folder can be made after it: one that is there already is not touched.
 *
 * @throws UnusableFolder
 */
export async function requireNewFolder(folder: string): Promise<void> {
  const path = resolve(folder)
  await requireFree(path)
  await rmdir(await makeDraft(path))
}

/**
 * Makes a folder, readable by its owner alone, with all of its files or not at all: they are on disk before the folder has
 * its name. What is killed meanwhile leaves a folder with `.part-` in its name, which nobody takes for evidence.
 *
 * @param files - by name
 * @throws UnusableFolder
 */
export async function writeFolder(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const path = resolve(folder)
  await requireFree(path)
  const draft = await makeDraft(path)
  try {
    for (const [name, bytes] of files) await writeSynced(join(draft, name), bytes)
    await syncFolder(draft)
    // rename(2) refuses a folder that has content, and any file.
    await requireFree(path)
    await rename(draft, path)
  } catch (cause) {
    await rm(draft, { recursive: true, force: true })
    if (cause instanceof UnusableFolder) throw cause
    throw new UnusableFolder(`The folder ${path} cannot be written${codeOf(cause)}.`, { cause })
  }
  await syncFolder(dirname(path))
}

async function requireFree(path: string): Promise<void> {
  try {
    await lstat(path)
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return
    throw new UnusableFolder(`The folder ${path} cannot be made${codeOf(cause)}.`, { cause })
  }
  throw new UnusableFolder(`${path} is there already: evidence is never written over.`)
}

async function makeDraft(path: string): Promise<string> {
  try {
    await access(dirname(path))
    return await mkdtemp(`${path}.part-`)
  } catch (cause) {
    throw new UnusableFolder(`The folder ${path} cannot be made${codeOf(cause)}.`, { cause })
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

function codeOf(error: unknown): string {
  const code = errorCode(error)
  return code === undefined ? '' : ` (${code})`
}
