import { link, open, rename, unlink } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'

/** Begins the names of drafts; what a killed process left under such a name may be deleted. */
export const DRAFT_PREFIX = '.new-'

/**
 * Puts a file of mode 0600 in its place in one step, so that no reader ever sees half of it.
 *
 * With `keep` a file that is already there stays as it is, even when several processes try at once: all of them find
 * the content of the first.
 */
export async function placeFile(path, content, { keep }) {
  const draft = join(dirname(path), DRAFT_PREFIX + randomUUID())
  try {
    await writeDurably(draft, content)
    if (keep) await link(draft, path)
    else await rename(draft, path)
    await syncToDisk(dirname(path))
  } catch (error) {
    if (!keep || error.code !== 'EEXIST') throw error
  } finally {
    await unlink(draft).catch(ignoreMissing)
  }
}

/** Waits until a file, or the names in a folder, are on disk: else a new name may be lost with the power. */
export async function syncToDisk(path) {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeDurably(path, content) {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function ignoreMissing(error) {
  if (error.code !== 'ENOENT') throw error
}
