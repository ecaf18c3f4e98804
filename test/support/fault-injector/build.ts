import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of the injector's source files. */
export const INJECTOR_SOURCES = fileURLToPath(
  new URL('../../../../test/fault-injector', import.meta.url),
)
const BUILT = fileURLToPath(new URL('../../../fault-injector', import.meta.url))

const FLAGS = [
  '-std=c11',
  '-D_GNU_SOURCE',
  '-O2',
  '-fPIC',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
]

/** Why the injector cannot be built here, if it cannot, so that suites can skip. */
export function whyNoInjector(): string | undefined {
  try {
    execFileSync('cc', ['--version'], { stdio: 'pipe' })
    return undefined
  } catch {
    return 'there is no C compiler'
  }
}

/**
 * Compiles the injector where its sources changed since, and returns the path of the library. Several runs may do so at
 * once: each compiles under a name of its own and then takes the common one.
 */
export function builtInjector(folder = BUILT): string {
  const files = readdirSync(INJECTOR_SOURCES)
    .filter((name) => /\.[ch]$/.test(name))
    .sort()
  const digest = createHash('sha256').update(FLAGS.join(' '))
  for (const name of files) digest.update(readFileSync(join(INJECTOR_SOURCES, name)))
  const library = join(folder, `injector-${digest.digest('hex').slice(0, 16)}.so`)
  if (!existsSync(library)) compile(files, library)
  return library
}

function compile(files: readonly string[], library: string): void {
  mkdirSync(dirname(library), { recursive: true })
  const unfinished = `${library}.${process.pid}`
  const sources = files.filter((name) => name.endsWith('.c'))
  try {
    execFileSync('cc', [...FLAGS, '-shared', '-o', unfinished, ...sources, '-ldl', '-lpthread'], {
      cwd: INJECTOR_SOURCES,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    renameSync(unfinished, library)
  } finally {
    rmSync(unfinished, { force: true })
  }
}
