import { tryRun } from './command.mjs'
import { ensurePrograms } from './packages.mjs'
import { PrivateEngine } from './private-engine.mjs'

/**
 * Finds a container engine: one of our own where we are root on Linux, else one that answers already.
 *
 * @returns an engine: `env` for its clients, `isPrivate`, `buildNetwork`, and `stop`
 * @throws Error that says why there is none
 */
export async function openEngine() {
  const reasons = []
  for (const open of [openPrivate, openRunning]) {
    try {
      return await open()
    } catch (error) {
      reasons.push(error.message.split('\n')[0])
    }
  }
  throw new Error(reasons.join(' '))
}

async function openPrivate() {
  if (process.platform !== 'linux' || process.getuid() !== 0) {
    throw new Error('An engine of our own needs Linux and root.')
  }
  // An engine that is installed already may come with the newer Compose.
  await ensurePrograms({ dockerd: 'docker.io', docker: 'docker.io' })
  return PrivateEngine.start()
}

async function openRunning() {
  const { code } = await tryRun('docker', ['info'])
  if (code !== 0) throw new Error('No running engine answers.')
  return { env: process.env, isPrivate: false, buildNetwork: undefined, stop() {} }
}

/** The Compose at hand, as a program and its first arguments: the plug-in of the client or the older program. */
export async function findCompose(engine) {
  const plugin = await tryRun('docker', ['compose', 'version'], { env: engine.env })
  if (plugin.code === 0) return ['docker', 'compose']
  await ensurePrograms({ 'docker-compose': 'docker-compose' })
  return ['docker-compose']
}
