// npm run test:compose: builds the development stack, runs it on a real engine and uses it.
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BaseImages } from './base-images.mjs'
import { checkConfinement } from './confinement.mjs'
import { findCompose, openEngine } from './engine.mjs'
import { Aborted, Report } from './report.mjs'
import { Stack } from './stack.mjs'
import { Walkthrough } from './walkthrough.mjs'

const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const SQLITE = { name: 'SQLite', url: 'sqlite:', profiles: '' }
const POSTGRES = {
  name: 'PostgreSQL',
  url: 'postgres://kms@postgres/kms',
  profiles: 'postgres',
  service: 'postgres',
}

const report = new Report()
const cleanups = []
let opening
let stopping
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => (stopping ??= interrupted(signal)))
}
try {
  await main()
} catch (error) {
  // A failed check on the way has been counted; anything else is a failure too.
  if (!(error instanceof Aborted))
    await report.check('the test itself', () => Promise.reject(error))
} finally {
  await (stopping ?? cleanUp())
}
process.exitCode = report.finish()

async function main() {
  opening = openAll()
  const ready = await opening
  if (ready === undefined) return
  const { stack, images, names } = ready
  let database
  await report.require('the image builds', async () => {
    await images.provideNode(names.node)
    // Takes as long as the build and has nothing to do with it.
    database = images.providePostgres(names.postgres)
    database.catch(() => undefined)
    await stack.build()
  })
  await new Walkthrough(stack, report, SQLITE).run()
  await stack.down('--volumes')
  await report.require('the image of the database is there', () => database)
  await new Walkthrough(stack, report, POSTGRES).run()
  await report.check('PostgreSQL: nothing is kept in a SQLite file', () => noSqliteFile(stack))
  await checkConfinement(stack, report)
}

/** Finds the engine and sets the stack up; says so where there is none. */
async function openAll() {
  try {
    const engine = await openEngine()
    cleanups.push(() => engine.stop())
    const compose = await findCompose(engine)
    const names = await imageNames()
    const images = new BaseImages(engine)
    if (!engine.isPrivate) await images.provideNode(names.node)
    const folder = await mkdtemp(join(tmpdir(), 'hsm-kms-compose-'))
    cleanups.push(() => rm(folder, { recursive: true, force: true }))
    const project = `hsmkms${randomBytes(4).toString('hex')}`
    const stack = new Stack({ engine, compose, repository: REPOSITORY, folder, project })
    await stack.prepare()
    cleanups.push(() => stack.down('--volumes', '--rmi', 'local'))
    return { stack, images, names }
  } catch (error) {
    report.skip('the compose stack', error.message)
    return undefined
  }
}

/** The base images, as the product's own files name them. */
async function imageNames() {
  const dockerfile = await readFile(join(REPOSITORY, 'scripts/compose/Dockerfile'), 'utf8')
  const compose = await readFile(join(REPOSITORY, 'docker-compose.yml'), 'utf8')
  return {
    node: /^FROM (\S+)/m.exec(dockerfile)[1],
    postgres: /^ *image: (\S+)/m.exec(compose)[1],
  }
}

async function noSqliteFile(stack) {
  const files = (await stack.exec('kms', 'ls', '/var/lib/kms')).trim().split('\n')
  if (files.some((name) => name.includes('sqlite'))) throw new Error(`found ${files.join(', ')}`)
}

/** Undoes, last first, whatever was set up; goes on where a step fails. */
async function cleanUp() {
  for (const undo of cleanups.splice(0).reverse()) {
    try {
      await undo()
    } catch (error) {
      console.log(`cleaning up: ${error.message.split('\n')[0]}`)
    }
  }
}

async function interrupted(signal) {
  await report.check('runs to its end', () => Promise.reject(new Error(`Ended by ${signal}.`)))
  // What is being set up right now can be undone once it stands.
  await opening
  await cleanUp()
  process.exit(report.finish())
}
