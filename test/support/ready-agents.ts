import { exchange } from '../http/client.js'
import type { ServiceProcess } from './service-process.js'

/** How many agents of a service serve, by its own figures: one whose process exists may still prove the token. */
export async function readyAgents({ url }: Pick<ServiceProcess, 'url'>): Promise<number> {
  const { text: figures } = await exchange({ method: 'GET', origin: url, path: '/metrics' })
  return Number(/^kms_hsm_agents\{state="ready"\} (\d+)$/m.exec(figures)?.[1])
}
