import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Bag, bagOf, isBag, parseForeign } from '../codec/foreign-json.js'
import type { BuildSeen, PackageSeen, VulnerablePackage } from '../compliance/build/build-seen.js'
import type { Seen } from '../compliance/seen.js'

/** Folder of package.json: this file is compiled into dist/src/assessment. */
const ROOT = new URL('../../../', import.meta.url)
/** npm asks a registry, which may be away: nothing waits longer for it. */
const AUDIT_MS = 10_000

/** Reads the running build off package-lock.json and node_modules. `ask`: whether the registry may be asked. */
export async function gatherBuild({ ask }: { readonly ask: boolean }): Promise<Seen<BuildSeen>> {
  let text: Buffer
  try {
    text = await readFile(new URL('package-lock.json', ROOT))
  } catch {
    return { omitted: 'There is no package-lock.json beside the build: look at the release.' }
  }
  const lock = parseForeign(text.toString('utf8'))
  const rows = Object.entries(bagOf(lock, 'packages'))
  const packages: PackageSeen[] = []
  for (const [path, row] of rows) {
    if (!path.includes('node_modules/') || !isBag(row)) continue
    // What the service does not need when it runs is not in a release.
    if (row['dev'] === true) continue
    packages.push(await packageOf(path, row, lock))
  }
  return {
    value: {
      name: textOf(lock, 'name') ?? 'hsm-kms',
      version: textOf(lock, 'version') ?? '',
      lockSha256: createHash('sha256').update(text).digest('hex'),
      packages: packages.sort((one, other) => (one.name < other.name ? -1 : 1)),
      node: process.versions.node,
      openssl: process.versions.openssl,
      vulnerable: ask
        ? await askAdvisories()
        : { omitted: 'The registry was not asked: the run is offline.' },
    },
  }
}

async function packageOf(path: string, row: Bag, lock: unknown): Promise<PackageSeen> {
  const link = row['link'] === true
  const target = link ? bagOf(bagOf(lock, 'packages'), textOf(row, 'resolved') ?? '') : row
  const manifest = await readManifest(path)
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const installed = textOf(manifest, 'version')
  return {
    name: textOf(row, 'name') ?? name,
    version: textOf(target, 'version') ?? (link ? (installed ?? '') : ''),
    integrity: textOf(row, 'integrity'),
    licence: textOf(manifest, 'license') ?? textOf(target, 'license'),
    installed,
    // What only tools need, and what others need but can do without, share a mark of their own.
    optional: row['optional'] === true || row['devOptional'] === true,
    own: link,
  }
}

async function readManifest(path: string): Promise<unknown> {
  try {
    return parseForeign(await readFile(new URL(`${path}/package.json`, ROOT), 'utf8'))
  } catch {
    return undefined
  }
}

/** `npm audit` ends with 1 where it found something: its output counts, not its exit code. */
function askAdvisories(): Promise<BuildSeen['vulnerable']> {
  const args = ['audit', '--json', '--omit=dev', '--fetch-retries=0']
  const options = {
    cwd: fileURLToPath(ROOT),
    timeout: AUDIT_MS,
    killSignal: 'SIGKILL' as const,
    maxBuffer: 16 * 1024 * 1024,
  }
  return new Promise((resolve) => {
    execFile('npm', args, options, (_error, stdout) => {
      const answer = parseForeign(stdout)
      const counted = isBag(answer) && isBag(answer['vulnerabilities'])
      resolve(
        counted
          ? { value: vulnerableOf(bagOf(answer, 'vulnerabilities')) }
          : { omitted: 'No database of vulnerabilities could be reached (npm audit).' },
      )
    })
  })
}

function vulnerableOf(rows: Bag): readonly VulnerablePackage[] {
  return Object.entries(rows).map(([name, row]) => {
    const via = isBag(row) && Array.isArray(row['via']) ? row['via'] : []
    const advisories = via.map((cause: unknown) =>
      typeof cause === 'string' ? `through ${cause}` : (textOf(cause, 'title') ?? 'unnamed'),
    )
    return { name, severity: textOf(row, 'severity') ?? 'unknown', advisories }
  })
}

function textOf(value: unknown, name: string): string | undefined {
  const member = isBag(value) ? value[name] : undefined
  return typeof member === 'string' && member !== '' ? member : undefined
}
