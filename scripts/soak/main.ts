/*
 * node dist/scripts/soak/main.js [MINUTES] [--short]
 *
 * Two replicas on one PostgreSQL and one token behind the fault injector, under load, while the token fails in every way
 * that the fault matrix knows, replicas are killed and the database is restarted. At the end everything that was
 * acknowledged has to hold, and memory to be flat. The last line is `N passed, N failed`. Ten minutes unless told;
 * `--short`: half a minute.
 */
import { whyNoInjector } from '../../test/support/fault-injector/build.js'
import { postgresBinaries } from '../../test/support/postgres.js'
import { softHsmModule } from '../../test/support/softhsm-token.js'
import { soak } from './soak.js'

const SHORT_SECONDS = 30
const LEAST_MINUTES = 0.25

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const seconds = args.includes('--short') ? SHORT_SECONDS : 60 * Number(args[0] ?? 10)
  if (!(seconds >= 60 * LEAST_MINUTES)) {
    process.stderr.write(`Usage: npm run soak -- [MINUTES], ${LEAST_MINUTES} at least\n`)
    return 2
  }
  const reason = whyNot()
  if (reason !== undefined) {
    process.stdout.write(`soak | skipped: ${reason}\n0 passed, 0 failed, 1 skipped\n`)
    return 0
  }
  const checks = await soak(seconds)
  for (const { name, flaws, note } of checks) {
    const outcome = flaws.length === 0 ? 'ok' : `FAILED: ${flaws.slice(0, 10).join('; ')}`
    process.stdout.write(`soak | ${name}: ${note === '' ? '' : `${note}: `}${outcome}\n`)
  }
  const failed = checks.filter(({ flaws }) => flaws.length > 0).length
  process.stdout.write(`${checks.length - failed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
}

function whyNot(): string | undefined {
  if (softHsmModule() === undefined) return 'SoftHSM is not installed.'
  if (postgresBinaries() === undefined) return 'PostgreSQL is not installed.'
  return whyNoInjector()
}
