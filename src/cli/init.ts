import type { Config } from '../config.js'
import { credentialsPath, readCredentials } from '../credentials-file.js'
import { ensureFirstAccessKey, firstAccessKeyParts } from '../first-access-key.js'
import type { CommandIo } from './command.js'
import { withBackend } from './with-backend.js'

/** `kmsctl init`: token, database, the service's own keys and the first access key, without listening. */
export async function init(_args: readonly string[], io: CommandIo): Promise<number> {
  await withBackend(io, async (backend, config) => {
    const { dataDirectory } = config
    // A service that runs knows its address better than these settings do.
    const known = readCredentials(credentialsPath(dataDirectory))?.endpoint
    const credentials = await ensureFirstAccessKey(firstAccessKeyParts(config, backend), {
      dataDirectory,
      endpoint: known ?? endpointOf(config),
    })
    io.out('The token, the database and the keys of the service are there.\n')
    if (credentials) {
      io.out(`Credentials: ${credentialsPath(config.dataDirectory)}\n`)
    } else {
      io.out('Access keys were made elsewhere; kmsctl access-key create makes another one.\n')
    }
  })
  return 0
}

function endpointOf({ host, port, tls }: Config): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}
