import { sendRequest } from '../../src/cli/send-request.js'

const TIMEOUT_MS = 10_000

/** A figure without labels that a service shows at /metrics. @throws Error where it shows none */
export async function readMetric(url: string, name: string): Promise<number> {
  const { text } = await sendRequest({
    method: 'GET',
    url: new URL('/metrics', url),
    headers: {},
    body: new Uint8Array(),
    timeoutMs: TIMEOUT_MS,
  })
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]
  if (value === undefined) throw new Error(`/metrics does not show ${name}.`)
  return Number(value)
}
