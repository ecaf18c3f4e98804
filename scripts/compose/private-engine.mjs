import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tryRun } from './command.mjs'

const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 40_000

/**
 * A dockerd of our own, beside any other: own folders, socket and networks, no packet filter rule,
 * no system setting changed. Publishing on 127.0.0.1 and names of services work without such rules;
 * containers cannot reach the outside, except image builds that ask for the network of the host.
 */
export class PrivateEngine {
  #daemon
  #folder
  #bridges = []
  /** Builds must use the network of the host: see above. */
  buildNetwork = 'host'
  isPrivate = true

  constructor(daemon, folder, env) {
    this.#daemon = daemon
    this.#folder = folder
    this.env = env
  }

  /** Starts an engine; throws an error that says why where the machine does not let us. */
  static async start() {
    const folder = await mkdtemp(join(tmpdir(), 'hsm-kms-engine-'))
    const env = {
      ...process.env,
      DOCKER_HOST: `unix://${folder}/sock`,
      DOCKER_CONFIG: join(folder, 'config'),
      DOCKER_BUILDKIT: '0',
    }
    delete env.DOCKER_CONTEXT
    let lastError
    for (const driver of ['overlay2', 'vfs']) {
      const engine = new PrivateEngine(await spawnDaemon(folder, driver), folder, env)
      try {
        await engine.#answering()
        return engine
      } catch (error) {
        lastError = error
        await engine.#stopDaemon()
      }
    }
    await rm(folder, { recursive: true, force: true })
    throw lastError
  }

  /** Notes the network bridges that exist now, so that `stop` can remove any that are left over. */
  async noteBridges() {
    const ids = await tryRun('docker', ['network', 'ls', '-q', '--filter', 'driver=bridge'], this)
    this.#bridges.push(...ids.stdout.split('\n').filter(Boolean))
  }

  /** Removes what is left, ends the daemon and deletes its folder. */
  async stop() {
    const left = (await tryRun('docker', ['ps', '-aq'], this)).stdout.split('\n').filter(Boolean)
    if (left.length > 0) await tryRun('docker', ['rm', '--force', '--volumes', ...left], this)
    await this.#stopDaemon()
    for (const id of this.#bridges) await tryRun('ip', ['link', 'delete', `br-${id}`])
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 })
  }

  async #answering() {
    const deadline = Date.now() + START_TIMEOUT_MS
    while (Date.now() < deadline && this.#daemon.exitCode === null) {
      if ((await tryRun('docker', ['version'], this)).code === 0) return
      await sleep(200)
    }
    const log = await readFile(join(this.#folder, 'log'), 'utf8').catch(() => '')
    const last = log.trim().split('\n').at(-1) ?? ''
    throw new Error(`dockerd does not start here (${last.slice(-300)}).`)
  }

  async #stopDaemon() {
    if (this.#daemon.exitCode !== null || this.#daemon.signalCode !== null) return
    // The daemon's own record, written by it alone; it is the process that we spawned.
    const pid = Number(await readFile(join(this.#folder, 'pid'), 'utf8').catch(() => 0))
    const exited = once(this.#daemon, 'exit')
    process.kill(pid > 0 ? pid : this.#daemon.pid, 'SIGTERM')
    const ended = await Promise.race([exited, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })])
    if (ended === undefined) {
      this.#daemon.kill('SIGKILL')
      const containerd = join(this.#folder, 'exec', 'containerd', 'containerd.pid')
      const child = Number(await readFile(containerd, 'utf8').catch(() => 0))
      if (child > 0) process.kill(child, 'SIGKILL')
    }
  }
}

/** Spawns dockerd in a mount namespace of its own, so that no mount can outlive it. */
async function spawnDaemon(folder, driver) {
  const log = await open(join(folder, 'log'), 'w')
  const settings = [
    ['--data-root', join(folder, 'data')],
    ['--exec-root', join(folder, 'exec')],
    ['--pidfile', join(folder, 'pid')],
    ['--host', `unix://${folder}/sock`],
    ['--storage-driver', driver],
    ['--config-file', join(folder, 'daemon.json')],
    // The engine passes over those that a route of this machine already covers.
    ...Array.from({ length: 4 }, () => ['--default-address-pool', `base=${randomNet()},size=26`]),
    ['--bridge=none', '--iptables=false', '--ip-forward=false', '--ip-masq=false'],
  ]
  // An own, empty file: the settings of the machine's engine are not ours.
  await writeFile(join(folder, 'daemon.json'), '{}')
  const args = ['--mount', '--propagation', 'slave', 'dockerd', ...settings.flat()]
  const daemon = spawn('unshare', args, { stdio: ['ignore', log.fd, log.fd], detached: true })
  daemon.on('error', () => undefined)
  await log.close()
  return daemon
}

/** A random private network, so that two engines at once do not choose the same one. */
function randomNet() {
  return `10.${64 + randomInt(128)}.${randomInt(256)}.0/24`
}
