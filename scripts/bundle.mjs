/*
 * node scripts/bundle.mjs
 *
 * Makes one file of each package of src/packages, and of each program of an agent, in place of what tsc made of it: Node.js
 * takes a quarter of a millisecond and more for every file that it loads. Packages have hundreds, and agents, which have
 * eighty, start whenever one was lost. Jest runs it as well: tsc alone leaves agents as they were.
 */
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const packages = readdirSync(join(root, 'src', 'packages')).map((name) => `src/packages/${name}`)
const agents = ['src/hsm/agent/main.ts', 'src/hsm/agent/thread.ts']

const bundled = {
  absWorkingDir: root,
  outbase: 'src',
  outdir: 'dist/src',
  bundle: true,
  platform: 'node',
  target: 'node20.12',
  // The binding to the library is native, and all of an agent has the same one.
  external: ['pkcs11js'],
  legalComments: 'inline',
  logLevel: 'warning',
  write: false,
}

export default async function bundle() {
  const built = await Promise.all([
    build({ ...bundled, format: 'esm', entryPoints: [...packages, ...agents] }),
    // What an agent loads by `require`, where it needs it.
    build({
      ...bundled,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      entryPoints: [
        { in: 'graphene-pk11', out: 'packages/graphene-pk11' },
        { in: 'src/packages/noble-curves.ts', out: 'packages/noble-curves' },
      ],
    }),
  ])
  for (const { outputFiles } of built) outputFiles.forEach(replace)
}

/** Somebody may be loading the file that is there. */
function replace({ path, contents }) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return
  const next = `${path}.${process.pid}`
  writeFileSync(next, contents)
  renameSync(next, path)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle()
