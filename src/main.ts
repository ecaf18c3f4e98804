import { once } from 'node:events'
import { keepOutOfCoreFiles } from './core-dumps.js'
import { type Config, loadConfig } from './config.js'
import { Ending } from './end-within.js'
import { exampleCommand } from './greeting.js'
import { keepHeapSmall } from './heap-growth.js'
import { urlOf } from './http/server.js'
import { Supervisor } from './processes/supervisor.js'
import { startService } from './service.js'
import { reportStartFailure } from './start-failure.js'
import { type Log, openLog } from './telemetry/log.js'

async function main(): Promise<number> {
  const asked = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]).then(
    () => new Ending(),
  )
  const unprotected = keepOutOfCoreFiles()
  keepHeapSmall()
  const config = loadConfig(process.env)
  const log = openLog(config.logLevel, config.httpProcesses > 1)
  if (unprotected !== undefined) {
    log.warn({ reason: unprotected }, 'core files may hold keys: switch them off (ulimit -c 0)')
  }
  try {
    return await (config.httpProcesses > 1 ? supervise : serve)(config, log, asked)
  } finally {
    await log.close()
  }
}

async function serve(config: Config, log: Log, asked: Promise<Ending>): Promise<number> {
  // Also where the service is still about to start.
  void asked.then((ending) => ending.whenOver(() => process.exit(1)))
  const service = await startService(config, log)
  greet(service.url, service.credentials !== undefined)
  await service.close(await asked)
  return 0
}

/** Runs several HTTP processes; this one holds no key, reads no request, and only keeps them running. */
async function supervise(config: Config, log: Log, asked: Promise<Ending>): Promise<number> {
  const supervisor = new Supervisor({
    count: config.httpProcesses,
    log,
    started: (address, hasCredentials) => greet(urlOf(config, address), hasCredentials),
  })
  // Without TLS nothing is read anew, and the signal means what it means to any process.
  if (config.tls) process.on('SIGHUP', () => supervisor.reload())
  void asked.then((ending) => {
    ending.whenOver(() => {
      supervisor.kill()
      process.exit(1)
    })
    supervisor.stop(ending)
  })
  return await supervisor.end
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
  process.exit(await main())
} catch (error) {
  const { line, exitCode } = reportStartFailure(error)
  process.stderr.write(`${line}\n`)
  process.exit(exitCode)
}
