import { isInstalled, run, tryRun } from './command.mjs'

const APT_TIMEOUT_MS = 240_000

/**
 * Installs the Debian packages of those programs that are missing.
 *
 * @param {Readonly<Record<string, string>>} programs package by program
 * @throws Error that says what is missing, where packages cannot be installed here
 */
export async function ensurePrograms(programs) {
  const missing = []
  for (const [program, name] of Object.entries(programs)) {
    if (!(await isInstalled(program))) missing.push(name)
  }
  if (missing.length === 0) return
  const what = missing.join(', ')
  if (process.getuid() !== 0 || !(await isInstalled('apt-get'))) {
    throw new Error(`${what} missing, and not to be installed without root and apt-get.`)
  }
  console.log(`installing ${what}`)
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: APT_TIMEOUT_MS,
  }
  const wait = ['-o', 'DPkg::Lock::Timeout=120']
  // A list that could not be renewed may still be good enough.
  await tryRun('apt-get', [...wait, 'update'], options)
  await run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...missing], options)
}
