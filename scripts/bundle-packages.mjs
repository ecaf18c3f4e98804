/*
 * node scripts/bundle-packages.mjs
 *
 * Makes one file of each package of src/packages in dist, in place of what tsc made of it: Node.js takes a quarter of a
 * millisecond and more for every file that it loads, and these packages have hundreds.
 */
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const packages = join(root, 'src', 'packages')

await build({
  entryPoints: readdirSync(packages).map((name) => join(packages, name)),
  outdir: join(root, 'dist', 'src', 'packages'),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.12',
  legalComments: 'inline',
  logLevel: 'warning',
})
