import {
  cp,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run, tryRun } from './command.mjs'
import { writeMachineSettings } from './machine-settings.mjs'
import { ensurePrograms } from './packages.mjs'

const RELEASE = 'bookworm'
const DEBIAN = `hsm-kms-stand-in:${RELEASE}`
const PULL_TIMEOUT_MS = 150_000
const CACHED_FOR_MS = 30 * 24 * 3600 * 1000
const BUILD_TIMEOUT_MS = 240_000
const HERE = dirname(fileURLToPath(import.meta.url))

/**
 * Sees to it that an engine has the base images: pulls them, or, into a private engine where no
 * registry is reachable, puts images of the same names made from Debian packages and this Node.js.
 */
export class BaseImages {
  #engine
  #debian

  constructor(engine) {
    this.#engine = engine
  }

  /** Provides the image of Node.js under the name that the Dockerfile asks for. */
  async provideNode(name) {
    if (await this.#has(name)) return
    await this.#inWorkFolder(async (work) => {
      this.#debian ??= importDebian(this.#engine, work)
      await this.#debian
      await makeNodeImage(this.#engine, name, join(work, 'node'))
    })
  }

  /** Provides the image of PostgreSQL under the name that the compose file asks for. */
  async providePostgres(name) {
    if (await this.#has(name)) return
    await this.#inWorkFolder(async (work) => {
      this.#debian ??= importDebian(this.#engine, work)
      await this.#debian
      await makePostgresImage(this.#engine, name)
    })
  }

  async #has(name) {
    const options = { env: this.#engine.env, timeoutMs: PULL_TIMEOUT_MS }
    if ((await tryRun('docker', ['pull', '--quiet', name], options)).code === 0) return true
    if (!this.#engine.isPrivate) throw new Error(`The image ${name} cannot be pulled.`)
    console.log(`no registry has ${name} for us: making a stand-in`)
    return false
  }

  async #inWorkFolder(work) {
    const folder = await mkdtemp(join(tmpdir(), 'hsm-kms-images-'))
    try {
      await work(folder)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** Imports a minimal Debian, with this machine's way to its package registries laid over it. */
async function importDebian(engine, work) {
  const archive = await debianArchive(work)
  const settings = join(work, 'settings')
  await mkdir(settings)
  const variables = await writeMachineSettings(settings)
  // As in the official images: nothing in an image that is being built needs to survive a power cut.
  await mkdir(join(settings, 'etc/dpkg/dpkg.cfg.d'), { recursive: true })
  await writeFile(join(settings, 'etc/dpkg/dpkg.cfg.d/docker-apt-speedup'), 'force-unsafe-io\n')
  const plain = `${DEBIAN}-plain`
  await run('docker', ['import', archive, plain], { env: engine.env, timeoutMs: 120_000 })
  const lines = Object.entries(variables).map(([name, value]) => `ENV ${name}=${quote(value)}`)
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  await build(engine, settings, DEBIAN, [`FROM ${plain}`, `ENV ${path}`, ...lines, 'COPY . /'])
}

/** The archive of the minimal Debian: from the cache, or made now and kept there. */
async function debianArchive(work) {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'hsm-kms')
  const archive = join(cache, `debian-${RELEASE}-${process.arch}.tar`)
  const kept = await stat(archive).catch(() => undefined)
  if (kept !== undefined && Date.now() - kept.mtimeMs < CACHED_FOR_MS) return archive
  await ensurePrograms({ debootstrap: 'debootstrap' })
  const root = join(work, 'debian')
  const args = ['--variant=minbase', RELEASE, root, ...(await mirror())]
  await run('debootstrap', args, { timeoutMs: BUILD_TIMEOUT_MS })
  for (const waste of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/locale']) {
    await rm(join(root, waste), { recursive: true, force: true })
    await mkdir(join(root, waste))
  }
  await mkdir(cache, { recursive: true })
  const fresh = await mkdtemp(join(cache, 'fresh-'))
  await run('tar', ['-C', root, '-cf', join(fresh, 'archive.tar'), '.'], { timeoutMs: 120_000 })
  await rename(join(fresh, 'archive.tar'), archive)
  await rm(fresh, { recursive: true, force: true })
  return archive
}

/** The mirror of this release that the machine itself uses, if it uses one. */
async function mirror() {
  const format = '$(RELEASE) $(COMPONENT) $(REPO_URI)'
  const { stdout } = await tryRun('apt-get', ['indextargets', '--format', format])
  const lines = stdout.split('\n').map((line) => line.split(' '))
  const found = lines.find(([release, component]) => release === RELEASE && component === 'main')
  return found === undefined ? [] : [found[2]]
}

/** Lays out this machine's Node.js as the official image does: program, npm and headers. */
async function makeNodeImage(engine, name, folder) {
  const program = await realpath(process.execPath)
  const modules = (await run('npm', ['root', '--global'])).trim()
  const local = join(folder, 'usr', 'local')
  await cp(program, join(local, 'bin', 'node'))
  await cp(join(modules, 'npm'), join(local, 'lib/node_modules/npm'), { recursive: true })
  const headers = join(dirname(dirname(program)), 'include', 'node')
  await cp(headers, join(local, 'include', 'node'), { recursive: true })
  const npm = 'cd /usr/local/bin && ln -s ../lib/node_modules/npm/bin/npm-cli.js npm'
  await build(engine, folder, name, [`FROM ${DEBIAN}`, 'COPY . /', `RUN ${npm}`, 'CMD ["node"]'])
}

async function makePostgresImage(engine, name) {
  const folder = join(HERE, 'stand-in')
  const lines = await readFile(join(folder, 'postgres.Dockerfile'), 'utf8')
  await build(engine, folder, name, [`FROM ${DEBIAN}`, lines])
}

async function build(engine, context, name, lines) {
  const folder = await mkdtemp(join(tmpdir(), 'hsm-kms-dockerfile-'))
  try {
    const file = join(folder, 'Dockerfile')
    await writeFile(file, `${lines.join('\n')}\n`)
    const args = ['build', '--quiet', '--network', 'host', '--tag', name, '--file', file, context]
    await run('docker', args, { env: engine.env, timeoutMs: BUILD_TIMEOUT_MS })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function quote(value) {
  return `"${value.replaceAll(/["\\$]/g, '\\$&')}"`
}
