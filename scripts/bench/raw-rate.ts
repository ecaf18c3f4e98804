import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createThrowAwayToken } from 'softhsm-config-scripts'
import { type Static, Type } from '../../src/packages/typebox.js'
import { Value } from 'typebox/value'
import { RawRate } from './report.js'

const Rates = Type.Array(RawRate)

const PROGRAM = fileURLToPath(new URL('./raw-token.js', import.meta.url))

/** Measures the bare PKCS#11 calls on a token of their own, in a process of their own. */
export async function measureRawRate(
  seconds: number,
  signal: AbortSignal,
): Promise<Static<typeof Rates>> {
  const token = await createThrowAwayToken()
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [PROGRAM, token.uri, String(seconds)],
      { env: { ...token.environment }, signal },
    )
    const rates: unknown = JSON.parse(stdout)
    if (Value.Check(Rates, rates)) return rates
    throw new Error('The bare PKCS#11 calls gave no rates.')
  } finally {
    await token.remove()
  }
}
