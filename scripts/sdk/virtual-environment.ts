import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lastLine, run } from './command.js'
import { cacheOf } from './folders.js'
import { Unavailable } from './sdk.js'

/** A registry that is out of reach is told from a slow one in short. */
const IN_SHORT = ['--retries', '1', '--timeout', '20']

/**
 * Makes a virtual environment of Python with the packages of a requirements file, where a former run has not made it,
 * and returns its interpreter.
 *
 * @throws Unavailable where Python or its registry is absent
 */
export async function virtualEnvironment(name: string, requirements: string): Promise<string> {
  const environment = await environmentFor(name, requirements)
  const python = join(environment, 'bin', 'python')
  const ready = join(environment, 'ready')
  if (existsSync(ready)) return python
  // What a former run left half made.
  await rm(environment, { recursive: true, force: true })
  await createEnvironment(environment)
  const pip = [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
  const installed = await run([...pip, ...IN_SHORT, '--requirement', requirements])
  if (installed.exitCode !== 0) {
    throw new Unavailable(`its packages could not be installed: ${lastLine(installed)}`)
  }
  await writeFile(ready, '')
  return python
}

/** One folder for each Python and each list of packages. */
async function environmentFor(name: string, requirements: string): Promise<string> {
  const version = await run(['python3', '--version'])
  if (version.exitCode !== 0) throw new Unavailable('there is no python3 on the PATH.')
  const hash = createHash('sha256')
    .update(version.output)
    .update(await readFile(requirements))
  return join(cacheOf(name), hash.digest('hex').slice(0, 16))
}

async function createEnvironment(folder: string): Promise<void> {
  const create = ['python3', '-m', 'venv', folder]
  if ((await run(create)).exitCode === 0) return
  // Debian keeps the module in a package of its own.
  const install = "install_packages 'virtual environments of Python' python3-venv python3 python3"
  await run(['sh', '-c', `. scripts/packages.sh; ${install}`])
  const created = await run(create)
  if (created.exitCode === 0) return
  throw new Unavailable(`a virtual environment could not be made: ${lastLine(created)}`)
}
