import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { tokenSettings } from './chosen-token.js'

const KMSCTL = fileURLToPath(new URL('../../src/cli/kmsctl.js', import.meta.url))

/** How a command ended. */
export interface CommandResult {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs `kmsctl` on a data directory, as an operator does. */
export async function kmsctl(
  dataDirectory: string,
  args: readonly string[],
  given: { readonly input?: string; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<CommandResult> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('KMS_') && name !== 'SOFTHSM2_CONF' && name !== 'NODE_OPTIONS',
  )
  const child = spawn(process.execPath, [KMSCTL, ...args], {
    env: {
      ...Object.fromEntries(inherited),
      KMS_DATA_DIR: dataDirectory,
      ...(await tokenSettings(dataDirectory)),
      ...given.environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(given.input ?? '')
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [code, out, err] = await Promise.all([closed, text(child.stdout), text(child.stderr)])
  return { code, out, err }
}

/** Runs a command that must succeed, and reads the JSON that it prints. */
export async function kmsctlJson(
  dataDirectory: string,
  ...args: readonly string[]
): Promise<Readonly<Record<string, string>>> {
  const { code, out, err } = await kmsctl(dataDirectory, args)
  if (code !== 0) throw new Error(`kmsctl ${args.join(' ')}: ${code} ${err}`)
  return JSON.parse(out) as Record<string, string>
}
