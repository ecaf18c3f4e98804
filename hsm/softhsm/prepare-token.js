import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { developmentToken } from './development-token.js'
import { findModule } from './find-module.js'
import { installSoftHsm } from './install-softhsm.js'
import { DRAFT_PREFIX, placeFile, syncToDisk } from './place-file.js'
import { SoftHsmError } from './softhsm-error.js'
import { initialiseToken, listTokenLabels } from './token-process.js'

const TEMPLATE = new URL('./softhsm2.conf.template', import.meta.url)
const ABANDONED_AFTER_MS = 600_000

/**
 * Makes the development token of a folder, or finds the one that is there; installs SoftHSM first where it is missing.
 *
 * There is no lock and so none that can be left behind. The PIN files are placed first, and the first process to place
 * one decides for all. The token is then made with these PINs in a folder of its own and moved into place by one
 * rename, which succeeds for exactly one process. Whatever is killed on the way leaves a state from which the next call
 * goes on.
 */
export async function prepareDevelopmentToken(directory, label = 'kms') {
  await requireModule()
  const token = developmentToken(directory, label)
  await mkdir(token.directory, { recursive: true, mode: 0o700 })
  await tighten(token.directory)
  await placeFile(token.files.configuration, await configuration(token.files.tokens), {
    keep: false,
  })
  if (await hasToken(token)) await requireSameToken(token)
  else await makeToken(token)
  return token
}

async function requireModule() {
  try {
    findModule()
  } catch (error) {
    if (process.env.SOFTHSM2_MODULE) throw error
    await installSoftHsm()
  }
}

async function tighten(directory) {
  if (((await stat(directory)).mode & 0o777) === 0o700) return
  try {
    await chmod(directory, 0o700)
  } catch (cause) {
    throw new SoftHsmError(
      `The token folder ${directory} is open to others, and its mode cannot be set to 0700.`,
      { cause },
    )
  }
}

async function configuration(tokenDirectory) {
  const template = await readFile(TEMPLATE, 'utf8')
  return template.replace('@TOKEN_DIRECTORY@', () => tokenDirectory)
}

async function hasToken({ files }) {
  try {
    return (await readdir(files.tokens)).length > 0
  } catch (error) {
    if (error.code === 'ENOENT') return false
    throw error
  }
}

async function requireSameToken({ files, directory, label, environment }) {
  if (!existsSync(files.userPin)) {
    throw new SoftHsmError(
      `There is a token in ${files.tokens}, but the file ${files.userPin} with its user PIN is missing: put the file ` +
        'back, or move the whole folder away to begin with a new token. Nothing was changed.',
    )
  }
  const labels = await listTokenLabels(environment)
  if (labels.includes(label)) return
  throw new SoftHsmError(
    `The token folder ${directory} holds no token labelled "${label}" but ${labels.map((one) => `"${one}"`).join(', ') || 'none that can be read'}.`,
  )
}

async function makeToken(token) {
  await placeFile(token.files.userPin, newPin(), { keep: true })
  await placeFile(token.files.soPin, newPin(), { keep: true })
  await removeAbandoned(token.directory)
  const staging = await mkdtemp(join(token.directory, DRAFT_PREFIX))
  try {
    const [tokens, conf] = [join(staging, 'tokens'), join(staging, 'softhsm2.conf')]
    await mkdir(tokens, { mode: 0o700 })
    await placeFile(conf, await configuration(tokens), { keep: false })
    await initialiseToken(token, { SOFTHSM2_CONF: conf })
    await syncTree(tokens)
    await moveIntoPlace(tokens, token)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function moveIntoPlace(tokens, token) {
  try {
    await rename(tokens, token.files.tokens)
    await syncToDisk(token.directory)
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    await requireSameToken(token) // another process was faster, with the same PINs
  }
}

/** 128 random bits; hexadecimal, so that every reader takes the same bytes whatever it does about line ends. */
function newPin() {
  return randomBytes(16).toString('hex')
}

/** Removes what processes that were killed have left; a process at work needs seconds. */
async function removeAbandoned(directory) {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(DRAFT_PREFIX)) continue
    const path = join(directory, name)
    const made = await stat(path).catch(() => undefined)
    if (made !== undefined && Date.now() - made.mtimeMs > ABANDONED_AFTER_MS) {
      await rm(path, { recursive: true, force: true })
    }
  }
}

async function syncTree(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await syncTree(path)
    else await syncToDisk(path)
  }
  await syncToDisk(folder)
}
