import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of the checkout: the programs run from its build folder. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Folder of the sources of a program. */
export function sourcesOf(sdk: string): string {
  return join(ROOT, 'scripts', 'sdk', sdk)
}

/** Folder that keeps what was installed for a program, from run to run. */
export function cacheOf(sdk: string): string {
  return join(ROOT, 'node_modules', '.cache', 'sdk', sdk)
}
