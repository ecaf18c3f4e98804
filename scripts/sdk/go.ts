import { join } from 'node:path'
import { lastLine, run } from './command.js'
import { cacheOf, sourcesOf } from './folders.js'
import { type Sdk, Unavailable } from './sdk.js'

/** The SDK for Go, compiled into a program; of its modules only the one for this API is built. */
export const goSdk: Sdk = { name: 'go', prepare }

/** No other toolchain than the one that is there, and nothing written to go.mod. */
const ENVIRONMENT = { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly', GOWORK: 'off' }

async function prepare(): Promise<readonly string[]> {
  await requireGo()
  const folder = sourcesOf('go')
  const options = { folder, environment: ENVIRONMENT }
  const downloaded = await run(['go', 'mod', 'download'], options)
  if (downloaded.exitCode !== 0) {
    throw new Unavailable(`its modules could not be downloaded: ${lastLine(downloaded)}`)
  }
  const program = join(cacheOf('go'), 'program')
  const built = await run(['go', 'build', '-buildvcs=false', '-o', program, '.'], options)
  if (built.exitCode !== 0) throw new Error(`It does not compile.\n${built.errors}`)
  return [program]
}

async function requireGo(): Promise<void> {
  if ((await run(['go', 'version'])).exitCode === 0) return
  await run(['sh', '-c', '. scripts/packages.sh; install_packages Go golang-go go golang'])
  if ((await run(['go', 'version'])).exitCode === 0) return
  throw new Unavailable('there is no go on the PATH.')
}
