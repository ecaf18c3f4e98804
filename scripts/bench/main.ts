/*
 * node dist/scripts/bench/main.js [OPTION]...: see --help
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { dirname } from 'node:path'
import { OptionError, type Options, USAGE, parseOptions } from './options.js'
import { run } from './run.js'
import { formatReport } from './table.js'

const NOT_MEASURED = 2

/** A signal that ends the run; what was started is ended before. */
const interruption = new AbortController()
let interruptedBy: NodeJS.Signals | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interruptedBy = signal
    interruption.abort()
  })
}

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args)
    if (options) return await measure(options)
    process.stdout.write(USAGE)
    return 0
  } catch (error) {
    if (interruptedBy) return 128 + constants.signals[interruptedBy]
    if (!(error instanceof Error)) throw error
    note(error.message)
    if (!(error instanceof OptionError) && error.cause instanceof Error) note(error.cause.message)
    return NOT_MEASURED
  }
}

function note(text: string): void {
  process.stderr.write(`bench: ${text}\n`)
}

async function measure(options: Options): Promise<number> {
  const report = await run(options, note, interruption.signal)
  await mkdir(dirname(options.json), { recursive: true })
  await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`)
  process.stdout.write(`${formatReport(report)}\n\n`)
  note(`written to ${options.json}`)
  const missed = report.marks.some(({ outcome }) => outcome === 'missed')
  return options.strict && missed ? 1 : 0
}
