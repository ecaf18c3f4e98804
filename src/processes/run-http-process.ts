import { once } from 'node:events'
import { loadConfig } from '../config.js'
import { keepOutOfCoreFiles } from '../core-dumps.js'
import { Ending } from '../end-within.js'
import { keepHeapSmall } from '../heap-growth.js'
import { HsmStartError } from '../hsm/start-error.js'
import { shareOf } from '../process-share.js'
import { startService } from '../service.js'
import { reportStartFailure } from '../start-failure.js'
import { openLog } from '../telemetry/log.js'
import type { SupervisorLink } from './supervisor-link.js'

/** Serves as one of several HTTP processes, in the place of that index, and ends this process with its exit code. */
export async function runHttpProcess(index: number, link: SupervisorLink): Promise<never> {
  try {
    await serve(index, link)
    process.exit(0)
  } catch (error) {
    if (error instanceof HsmStartError && error.failure === 'pin') await link.unfit()
    const { line, exitCode } = reportStartFailure(error)
    process.stderr.write(`${line}\n`)
    process.exit(exitCode)
  }
}

async function serve(index: number, link: SupervisorLink): Promise<void> {
  const asked = Promise.race([
    link.stopped(),
    once(process, 'SIGTERM').then(() => new Ending()),
    // A terminal sends it to all processes at once.
    once(process, 'SIGINT').then(() => new Ending()),
  ])
  // Also where the start is still under way.
  void asked.then((ending) => ending.whenOver(() => process.exit(1)))
  keepOutOfCoreFiles()
  keepHeapSmall()
  const config = loadConfig(process.env)
  const log = openLog(config.logLevel, true)
  try {
    const place = link.place({ index, processes: config.httpProcesses })
    const service = await startService(shareOf(config, index), log, place)
    link.started()
    await Promise.race([service.settled, asked])
    link.ready(service.credentials !== undefined)
    await service.close(await asked)
  } finally {
    await log.close()
  }
}
