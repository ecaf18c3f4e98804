import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { run, tryRun } from './command.mjs'
import { KmsClient } from './kms-client.mjs'

const HEALTHY_TIMEOUT_MS = 150_000
const BUILD_TIMEOUT_MS = 480_000
/** The services of the compose file that are built. */
const BUILT = ['token', 'kms', 'database-password']

/** The stack of docker-compose.yml as one project of an engine, on one kind of database. */
export class Stack {
  #engine
  #compose
  #folder
  #env
  #project

  /**
   * @param {{ engine: object, compose: readonly string[], repository: string, folder: string, project: string }} parts
   *   `folder`: an existing temporary folder
   */
  constructor({ engine, compose, repository, folder, project }) {
    this.#engine = engine
    this.#folder = folder
    this.#project = project
    const extra = join(folder, 'extra.json')
    const file = join(repository, 'docker-compose.yml')
    this.#compose = [...compose, '--project-name', project, '--file', file, '--file', extra]
    // A file .env beside the compose file has no say.
    this.#env = { ...engine.env, KMS_LOG_LEVEL: 'info', KMS_DATABASE_URL: 'sqlite:' }
  }

  /** Writes what the compose file is run with here, and chooses the port. */
  async prepare() {
    const { buildNetwork } = this.#engine
    const built = buildNetwork === undefined ? {} : { build: { network: buildNetwork } }
    const services = Object.fromEntries(BUILT.map((name) => [name, { ...built }]))
    // The test is over sooner when it need not wait for the next probe.
    services.kms.healthcheck = { interval: '1s' }
    services.postgres = { healthcheck: { interval: '1s' } }
    await writeFile(join(this.#folder, 'extra.json'), JSON.stringify({ services }))
    this.#env.KMS_PORT = String(await freePort())
  }

  async build() {
    await this.compose(['--profile', 'postgres', 'build'], { timeoutMs: BUILD_TIMEOUT_MS })
  }

  /** Chooses the database of the next start. */
  choose(database) {
    this.#env.KMS_DATABASE_URL = database.url
    this.#env.COMPOSE_PROFILES = database.profiles
  }

  async up() {
    await this.compose(['up', '--detach'], { timeoutMs: HEALTHY_TIMEOUT_MS })
    if (this.#engine.isPrivate) await this.#engine.noteBridges()
  }

  async down(...options) {
    await this.compose(['--profile', 'postgres', 'down', ...options])
  }

  /** Waits until a service is healthy; the error shows the end of its log. */
  async healthy(service) {
    const deadline = Date.now() + HEALTHY_TIMEOUT_MS
    let state
    while (Date.now() < deadline) {
      state = await this.state(service)
      if (state.Health?.Status === 'healthy' && state.Running) return
      await sleep(300)
    }
    const log = await this.logs(service, '--tail', '20')
    const { Status: status, ExitCode: code, Health: health } = state ?? {}
    throw new Error(`${service} is ${status} (exit code ${code}), ${health?.Status}:\n${log}`)
  }

  /** The state of a service's container as the engine reports it. */
  async state(service) {
    return (await this.inspect(service)).State
  }

  async inspect(service) {
    return JSON.parse(await this.docker(['inspect', await this.container(service)]))[0]
  }

  /** Id of the container of a service, ended or not. */
  async container(service) {
    const labels = [`project=${this.#project}`, `service=${service}`, 'oneoff=False']
    const filters = labels.flatMap((one) => ['--filter', `label=com.docker.compose.${one}`])
    const id = (await this.docker(['ps', '--all', '--quiet', '--no-trunc', ...filters])).trim()
    if (id === '') throw new Error(`${service} has no container.`)
    return id
  }

  /** Runs a program in a service's container, as the service's own user. */
  async exec(service, ...command) {
    return this.docker(['exec', await this.container(service), ...command])
  }

  /** Both output streams of a service so far. */
  async logs(service, ...options) {
    const args = ['logs', ...options, await this.container(service)]
    const { stdout, stderr } = await tryRun('docker', args, { env: this.#engine.env })
    return `${stdout}${stderr}`
  }

  docker(args) {
    return run('docker', args, { env: this.#engine.env })
  }

  compose(args, options) {
    const [program, ...first] = this.#compose
    return run(program, [...first, ...args], { env: this.#env, ...options })
  }

  /** A client outside the containers: the first access key, and the signer of the image's own build. */
  async client() {
    const credentials = JSON.parse(await this.exec('kms', 'cat', '/var/lib/kms/credentials.json'))
    const code = join(this.#folder, `code-${Date.now()}`)
    await mkdir(code)
    await writeFile(join(code, 'package.json'), '{"type":"module"}')
    await this.docker(['cp', `${await this.container('kms')}:/app/dist/src`, join(code, 'src')])
    const signer = pathToFileURL(join(code, 'src', 'auth', 'signer.js'))
    const { signRequest } = await import(signer.href)
    const endpoint = `http://127.0.0.1:${this.#env.KMS_PORT}`
    return new KmsClient({ endpoint, credentials, signRequest })
  }
}

/** A port on the loopback address that is free now. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve, reject) => server.on('listening', resolve).on('error', reject))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
