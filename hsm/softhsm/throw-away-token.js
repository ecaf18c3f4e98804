import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareDevelopmentToken } from './prepare-token.js'

/** Makes a token in a new folder `within` another one; `remove` deletes the folder and may be called twice. */
export async function createThrowAwayToken(within = tmpdir()) {
  const directory = await mkdtemp(join(within, 'kms-softhsm-'))
  async function remove() {
    await rm(directory, { recursive: true, force: true })
  }
  try {
    return { ...(await prepareDevelopmentToken(directory)), remove }
  } catch (error) {
    await remove()
    throw error
  }
}
