import { copyFile, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { tryRun } from './command.mjs'

const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt'
const CA_SOURCES = '/usr/local/share/ca-certificates'
const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy']
/** How apt reaches its mirrors: proxies, certificates, retries, checks of dates. */
const APT_ACCESS = /^Acquire::(https?|ftp|Retries|Check-|Max-|ForceIPv|Allow)[^\n]*;$/i
/** Settings of npm that name folders of this machine or of its Node.js. */
const NPM_LOCAL = /^\s*(prefix|cache|nodedir|globalconfig|userconfig|init-module)\s*=/

/**
 * Writes into `root`, the future top of an image's file system, how this machine's apt and npm
 * reach their registries, and the certificates that they trust. The stand-in base images get it,
 * so that the product's Dockerfiles need no such setting.
 *
 * @param {string} root an existing folder
 * @returns {Promise<Record<string, string>>} variables for the environment of the image
 */
export async function writeMachineSettings(root) {
  const apt = await aptAccess()
  await put(root, 'etc/apt/apt.conf.d/90machine', apt)
  const user = await npmSettings('userconfig')
  await put(root, 'root/.npmrc', user)
  const shared = await npmSettings('globalconfig')
  const registry = process.env.npm_config_registry ?? process.env.NPM_CONFIG_REGISTRY
  const lines = registry === undefined ? shared : `${shared}\nregistry=${registry}\n`
  await put(root, 'usr/local/etc/npmrc', lines)

  const extra = process.env.NODE_EXTRA_CA_CERTS
  const named = [...`${apt}\n${user}\n${lines}`.matchAll(/[="](\/[^"\s;]+)/g)].map(
    ([, path]) => path,
  )
  const sources = await readdir(CA_SOURCES).catch(() => [])
  const files = [CA_BUNDLE, extra, ...named, ...sources.map((name) => join(CA_SOURCES, name))]
  for (const file of new Set(files)) await copyIfFile(root, file)

  const proxies = Object.entries(process.env).filter(([name]) =>
    PROXY_VARIABLES.includes(name.toLowerCase()),
  )
  return { ...Object.fromEntries(proxies), ...(extra && { NODE_EXTRA_CA_CERTS: extra }) }
}

async function aptAccess() {
  const { stdout } = await tryRun('apt-config', ['dump'])
  return stdout
    .split('\n')
    .filter((line) => APT_ACCESS.test(line) && !line.endsWith('"";'))
    .concat('Acquire::Languages "none";')
    .join('\n')
}

async function npmSettings(which) {
  const { stdout } = await tryRun('npm', ['config', 'get', which])
  const text = await readFile(stdout.trim(), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => !NPM_LOCAL.test(line))
    .join('\n')
}

async function put(root, path, text) {
  const target = join(root, path)
  await mkdir(dirname(target), { recursive: true })
  await writeFile(target, `${text.trim()}\n`)
}

async function copyIfFile(root, path) {
  const isFile = path !== undefined && (await stat(path).catch(() => undefined))?.isFile()
  if (!isFile) return
  await mkdir(dirname(join(root, path)), { recursive: true })
  await copyFile(path, join(root, path))
}
