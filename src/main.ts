import { once } from 'node:events'
import { loadConfig } from './config.js'
import { exampleCommand } from './greeting.js'
import { startService } from './service.js'
import { reportStartFailure } from './start-failure.js'
import { openLog } from './telemetry/log.js'

/** SIGTERM promises an end within 10 s; whatever still holds the process then is cut off. */
const END_WITHIN_MS = 9_000

async function main(): Promise<void> {
  const asked = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
  const config = loadConfig(process.env)
  const log = openLog(config.logLevel)
  try {
    const service = await startService(config, log)
    greet(service.url, service.credentials !== undefined)
    await asked
    setTimeout(() => process.exit(1), END_WITHIN_MS).unref()
    await service.close()
  } finally {
    await log.close()
  }
}

/** For the person who started it; standard output is the log's. */
function greet(url: string, hasCredentials: boolean): void {
  process.stderr.write(`\nThe key management service listens on ${url}\n`)
  if (hasCredentials) {
    process.stderr.write(
      `Make a key and wrap the example's data key under it:\n\n${exampleCommand(process.env)}\n\n`,
    )
  }
}

try {
  await main()
  process.exit(0)
} catch (error) {
  const { line, exitCode } = reportStartFailure(error)
  process.stderr.write(`${line}\n`)
  process.exit(exitCode)
}
