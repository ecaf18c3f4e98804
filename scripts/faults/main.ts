/*
 * node dist/scripts/faults/main.js [--short] [--only TEXT] [--sessions N]
 *
 * The fault matrix: every function of PKCS#11 that the service uses, with every fault, once and lasting, under load on
 * the real service. Prints each cell, then the table; the last line is `N passed, N failed`, one for each cell. `--short`
 * runs so many cells that each function and each fault is among them; `--only` those with a text in their name. With
 * `--sessions` each agent has so many, and a thread for each, as agents of tokens behind a network do; otherwise one.
 * A cell that is late and nothing else is run again, twice at most. Where other programs took much of the processors each
 * time, nothing is known of its time, and it counts as skipped.
 */
import { interruption } from '../sdk/command.js'
import { softHsmModule } from '../../test/support/softhsm-token.js'
import { whyNoInjector } from '../../test/support/fault-injector/build.js'
import { runCell } from './cell.js'
import { FaultyService } from './faulty-service.js'
import { type Cell, allCells, fewCells } from './matrix.js'
import { type Options, readOptions } from './options.js'
import { ProcessorWatch } from './processors.js'
import { type Judged, nameOf, renderTable } from './table.js'
import { counted } from './verdict.js'

/** A token fills with the keys that cells make, so each service serves some cells alone. */
const CELLS_PER_SERVICE = 24
const ATTEMPTS = 3
/** Whoever gets less than the rest of the processors cannot be held to a second. */
const BUSY_SHARE = 0.35

const options = readOptions(process.argv.slice(2))
if ('usage' in options) {
  process.stderr.write(options.usage)
  process.exitCode = 2
} else {
  process.exitCode = await main(options)
}

async function main({ short, only, sessionsPerAgent }: Options): Promise<number> {
  const reason = softHsmModule() === undefined ? 'SoftHSM is not installed.' : whyNoInjector()
  if (reason !== undefined) {
    process.stdout.write(`faults | skipped: ${reason}\n0 passed, 0 failed, 1 skipped\n`)
    return 0
  }
  const cells = (short ? fewCells() : allCells()).filter((cell) => nameOf(cell).includes(only))
  const judged = await runAll(cells, sessionsPerAgent)
  process.stdout.write(`${renderTable(judged)}\n${summary(judged)}\n`)
  return judged.some(({ outcome }) => outcome === 'failed') ? 1 : 0
}

async function runAll(cells: readonly Cell[], sessions: number): Promise<readonly Judged[]> {
  const judged: Judged[] = []
  for (let start = 0; start < cells.length; start += CELLS_PER_SERVICE) {
    const some = cells.slice(start, start + CELLS_PER_SERVICE)
    judged.push(...(await runOnOneService(some, sessions)))
  }
  return judged
}

/** An error ends this service alone: the cells that were not run have failed. */
async function runOnOneService(
  cells: readonly Cell[],
  sessionsPerAgent: number,
): Promise<readonly Judged[]> {
  const judged: Judged[] = []
  let bench: FaultyService | undefined
  try {
    interruption.throwIfAborted()
    bench = await FaultyService.start({ sessionsPerAgent })
    await bench.settled(10_000)
    for (const cell of cells) {
      interruption.throwIfAborted()
      judged.push(await runAndTell(bench, cell))
    }
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  } finally {
    await bench?.end()
  }
  const missed = cells.slice(judged.length).map((cell) => ({ cell, outcome: 'failed' as const }))
  return [...judged, ...missed]
}

async function runAndTell(bench: FaultyService, cell: Cell): Promise<Judged> {
  let alwaysBusy = true
  for (let attempt = 1; ; attempt++) {
    const processors = new ProcessorWatch(() => bench.processes())
    const { flaws, late, note } = await runCell(bench, cell)
    const others = processors.othersShare()
    alwaysBusy &&= others > BUSY_SHARE
    const onlyLate = flaws.length === 0 && late.length > 0
    const words = counted([...flaws, ...late])
    if (!onlyLate) {
      const outcome = flaws.length === 0 ? 'passed' : 'failed'
      tellOf(cell, note, outcome === 'passed' ? 'ok' : `FAILED: ${words}`)
      return { cell, outcome }
    }
    const share = `others took ${Math.round(100 * others)} % of the processors`
    if (attempt < ATTEMPTS) {
      tellOf(cell, note, `late: ${words}; ${share}`)
      continue
    }
    tellOf(cell, note, `${alwaysBusy ? 'skipped' : 'FAILED'}: ${words}; ${share}`)
    return { cell, outcome: alwaysBusy ? 'skipped' : 'failed' }
  }
}

function tellOf(cell: Cell, note: string, outcome: string): void {
  process.stdout.write(`${nameOf(cell)} | ${note} | ${outcome}\n`)
}

function summary(judged: readonly Judged[]): string {
  const [passed, failed, skipped] = (['passed', 'failed', 'skipped'] as const).map(
    (wanted) => judged.filter(({ outcome }) => outcome === wanted).length,
  )
  const more = skipped === 0 ? '' : `, ${skipped} skipped`
  return `${passed} passed, ${failed} failed${more}`
}
