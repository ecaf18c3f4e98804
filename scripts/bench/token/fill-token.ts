import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Type } from '../../../src/packages/typebox.js'
import { Value } from 'typebox/value'
import { type Cmk } from '../../../src/core/cmk.js'
import { projectId } from '../../../src/core/ids.js'
import { firstVersion, newCmk } from '../../../src/core/new-cmk.js'
import { openDatabase } from '../../../src/store/database.js'
import type { MeasuredService, Premises } from '../measured-service.js'

const PROGRAM = fileURLToPath(new URL('./keys-program.js', import.meta.url))

/** Makes CMKs on the token of a service that does not run, and their rows; returns their ids. */
export async function fillToken(
  { token }: Premises,
  service: Pick<MeasuredService, 'credentials' | 'databaseUrl'>,
  count: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const cmks = Array.from({ length: count }, (_, place) => cmkAt(service, place))
  const ids = cmks.map(({ id }) => id)
  const child = spawn(process.execPath, [PROGRAM, token.uri], {
    env: { ...token.environment },
    stdio: ['pipe', 'pipe', 'inherit'],
    signal,
  })
  const failed = new Promise<never>((_, reject) => child.on('error', reject))
  child.stdin.end(JSON.stringify(ids))
  const printed: unknown = JSON.parse(await Promise.race([text(child.stdout), failed]))
  if (!Value.Check(Type.Array(Type.String()), printed) || printed.length !== count) {
    throw new Error('The CMKs could not be made on the token.')
  }
  const database = await openDatabase(service.databaseUrl)
  try {
    for (const [place, cmk] of cmks.entries()) {
      signal.throwIfAborted()
      const checkValue = new Uint8Array(Buffer.from(printed[place] ?? '', 'hex'))
      await database.keys.insert({ cmk, version: firstVersion(cmk, checkValue), quota: count + 1 })
    }
  } finally {
    await database.close()
  }
  return ids
}

function cmkAt({ credentials }: Pick<MeasuredService, 'credentials'>, place: number): Cmk {
  const wish = {
    alias: `key-${String(place).padStart(7, '0')}`,
    description: '',
    spec: 'AES_256',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'kms',
    enterpriseProjectId: '0',
    keystoreId: '0',
  } as const
  return newCmk(wish, {
    projectId: projectId(credentials.project_id),
    domainId: credentials.domain_id,
    home: 1,
    createdAt: Date.now(),
  })
}
