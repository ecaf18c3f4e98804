import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { exchange } from '../http/client.js'
import { selfSigned } from '../http/self-signed.js'
import { agentPids, httpProcessPids, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { noToken } from '../support/chosen-token.js'

/** Processes of a service, and how long its suite may take to start. */
const ALONE = 1
const SEVERAL = 3

describeUnless(noToken, 'certificates of a service that runs', () => {
  certificates(ALONE)
})

describeUnless(noToken, 'certificates of a service of several processes', () => {
  certificates(SEVERAL)
})

function certificates(processes: number): void {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let service: ServiceProcess
  const before = selfSigned('before')
  const after = selfSigned('after', { lifeMs: 7_200_000 })

  function place(cert: string, key: string): void {
    writeFileSync(join(folder.path, 'cert.pem'), cert)
    writeFileSync(join(folder.path, 'key.pem'), key, { mode: 0o600 })
  }

  beforeAll(async () => {
    folder = await newFolder()
    place(before.cert, before.key)
    service = await startServiceProcess(join(folder.path, 'var'), {
      KMS_TLS_CERT: join(folder.path, 'cert.pem'),
      KMS_TLS_KEY: join(folder.path, 'key.pem'),
      KMS_HTTP_PROCESSES: String(processes),
      KMS_AGENTS: String(processes),
    })
  }, 120_000)
  afterAll(async () => {
    expect(await service.end('SIGTERM')).toBe(0)
    await folder.remove()
  })

  function name(): Promise<string> {
    const { port } = new URL(service.url)
    return new Promise((resolve, reject) => {
      // Whose certificate it is, is what is asked here.
      const socket = connect({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: false })
      socket.once('secureConnect', () => {
        resolve(socket.getPeerX509Certificate()?.subject ?? '')
        socket.destroy()
      })
      socket.once('error', reject)
    })
  }

  /** The certificates of so many connections that each process has some of them. */
  async function names(): Promise<readonly string[]> {
    const all = await Promise.all(Array.from({ length: 8 * processes }, name))
    return [...new Set(all)]
  }

  /** Waits until every process has exchanged its certificates so often in all. */
  function exchanged(times: number): Promise<void> {
    return until(() => service.log().split('were exchanged').length - 1 >= times, 30_000)
  }

  async function expiry(): Promise<number> {
    const { text } = await exchange({
      method: 'GET',
      origin: service.url,
      path: '/metrics',
      tls: { rejectUnauthorized: false },
    })
    const name = 'kms_tls_certificate_expiry_timestamp_seconds{certificate="server"}'
    return Number(
      text
        .split('\n')
        .find((line) => line.startsWith(name))
        ?.split(' ')[1],
    )
  }

  function expiryOf({ cert }: { readonly cert: string }): number {
    return Date.parse(new X509Certificate(cert).validTo) / 1000
  }

  test('are exchanged at SIGHUP, and not for files that do not belong together', async () => {
    expect(await names()).toEqual(['CN=before'])
    expect(await expiry()).toBe(expiryOf(before))
    place(after.cert, before.key)
    process.kill(service.pid, 'SIGHUP')
    await until(
      () => service.log().split('new certificates cannot be used').length - 1 === processes,
    )
    expect(await names()).toEqual(['CN=before'])
    place(after.cert, after.key)
    process.kill(service.pid, 'SIGHUP')
    await exchanged(processes)
    expect(await names()).toEqual(['CN=after'])
    expect(await expiry()).toBe(expiryOf(after))
  }, 60_000)

  test('are exchanged without a signal, some seconds later', async () => {
    place(before.cert, before.key)
    await exchanged(2 * processes)
    expect(await names()).toEqual(['CN=before'])
  }, 60_000)

  if (processes === ALONE) return

  test('are exchanged at SIGHUP in a process, too, that is just starting', async () => {
    const old = httpProcessPids(service.pid)
    process.kill(old[0] ?? 0, 'SIGKILL')
    // By now it has read the files that it starts with.
    await until(() => replacement(old) !== undefined && agentPids(replacement(old)).length > 0)
    place(after.cert, after.key)
    const signalledAt = performance.now()
    process.kill(service.pid, 'SIGHUP')
    await exchanged(3 * processes)
    expect(await names()).toEqual(['CN=after'])
    // Without the signal it would look some seconds later.
    expect(performance.now() - signalledAt).toBeLessThan(9_000)
  }, 60_000)

  function replacement(old: readonly number[]): number | undefined {
    return httpProcessPids(service.pid).find((pid) => !old.includes(pid))
  }
}
