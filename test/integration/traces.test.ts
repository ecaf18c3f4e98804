import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { signRequest } from '../../src/auth/signer.js'
import { exchange } from '../http/client.js'
import { agentPids, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { pinsOf } from '../support/chosen-token.js'
import { digested } from '../support/digested-datakey.js'
import { newFolder } from '../support/folder.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { softHsmModule } from '../support/softhsm-token.js'
import {
  type CollectedSpan,
  type TraceCollector,
  startTraceCollector,
} from '../support/trace-collector.js'

const PRELOAD = fileURLToPath(new URL('../../../docs/monitoring/tracing.mjs', import.meta.url))
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CALLER = 'b7ad6b7169203331'
const SECRET_TEXT = 'a context that is nobody else’s business'

describeUnless(
  softHsmModule() ? undefined : 'SoftHSM is not installed',
  'traces of a service with an SDK',
  () => {
    let folder: Awaited<ReturnType<typeof newFolder>>
    let collector: TraceCollector
    let service: ServiceProcess
    let keyId = ''

    beforeAll(async () => {
      folder = await newFolder()
      collector = await startTraceCollector()
      service = await startServiceProcess(join(folder.path, 'var'), {
        KMS_SLOW_CALL_MS: '1',
        KMS_HSM_TIMEOUT_MS: '1000',
        NODE_OPTIONS: `--import=${PRELOAD}`,
        OTEL_SERVICE_NAME: 'kms',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_BSP_SCHEDULE_DELAY: '50',
      })
      const made = await call('create-key', { key_alias: 'traced' })
      keyId = (made.json['key_info'] as { key_id: string }).key_id
    }, 90_000)
    afterAll(async () => {
      if (service.child.exitCode === null) await service.end('SIGTERM')
      await collector.close()
      await folder.remove()
    })

    function call(name: string, fields: object, headers: Record<string, string> = {}) {
      const own = service.credentials()
      const path = `/v1.0/${own.project_id}/kms/${name}`
      const body = JSON.stringify(fields)
      const signed = signRequest({
        method: 'POST',
        url: `${service.url}${path}`,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(body),
        accessKeyId: own.access_key_id,
        secretAccessKey: own.secret_access_key,
        projectId: own.project_id,
        now: Date.now(),
      })
      return exchange({
        method: 'POST',
        origin: service.url,
        path,
        headers: { ...signed, ...headers },
        body,
      })
    }

    /** Encrypts a data key and waits for its trace. */
    async function traced(headers: Record<string, string> = {}): Promise<readonly CollectedSpan[]> {
      const { dek, ...fields } = digested(32)
      const reply = await call(
        'encrypt-datakey',
        { key_id: keyId, ...fields, additional_authenticated_data: SECRET_TEXT },
        headers,
      )
      expect([reply.status, dek.length]).toEqual([200, 32])
      return traceOf(String(reply.headers['x-request-id']))
    }

    async function traceOf(requestId: string): Promise<readonly CollectedSpan[]> {
      function root(): CollectedSpan | undefined {
        return collector
          .spans()
          .find(({ attributes }) => attributes['kms.request_id'] === requestId)
      }
      await until(() => root() !== undefined)
      const first = root()
      return collector.spans().filter((span) => belongs(span, first))
    }

    /** Whether a span is the one or below it. */
    function belongs(span: CollectedSpan, top: CollectedSpan | undefined): boolean {
      if (span.traceId !== top?.traceId) return false
      if (span.spanId === top.spanId) return true
      const parent = collector.spans().find(({ spanId }) => spanId === span.parentSpanId)
      return parent !== undefined && belongs(parent, top)
    }

    function named(spans: readonly CollectedSpan[], name: string): CollectedSpan {
      const [one, ...others] = spans.filter((span) => span.name === name)
      if (!one || others.length > 0) throw new Error(`${name}: ${others.length}`)
      return one
    }

    test('lead from the HTTP request to the PKCS#11 function, in one tree and in order', async () => {
      const spans = await traced()
      const root = named(spans, 'EncryptDatakey')
      expect(root).toMatchObject({
        parentSpanId: '',
        kind: 2,
        status: 0,
        attributes: {
          'http.request.method': 'POST',
          'http.route': '/v1.0/{project_id}/kms/encrypt-datakey',
          'http.response.status_code': 200,
          'kms.operation': 'EncryptDatakey',
          'kms.code': 'ok',
          'kms.key_id': keyId,
        },
      })
      for (const stage of ['receive', 'authenticate', 'authorize', 'audit']) {
        expect(named(spans, stage).parentSpanId).toBe(root.spanId)
      }
      const command = named(spans, 'HSM wrap')
      expect(command).toMatchObject({
        parentSpanId: root.spanId,
        attributes: { 'kms.hsm.command': 'wrap', 'kms.hsm.outcome': 'ok', 'kms.hsm.attempts': 1 },
      })
      const functions = spans.filter(({ name }) => name.startsWith('C_'))
      expect(functions.map(({ name }) => name)).toEqual([
        'C_CreateObject',
        'C_WrapKey',
        'C_DestroyObject',
        'C_SignInit',
        'C_Sign',
      ])
      let before = named(spans, 'queue').to
      for (const span of functions) {
        expect(span.parentSpanId).toBe(command.spanId)
        expect(span.from).toBeGreaterThanOrEqual(before)
        before = span.to
      }
      expect(command.to).toBeGreaterThanOrEqual(before)
      for (const { from, to } of spans) {
        expect(from).toBeGreaterThanOrEqual(root.from)
        expect(to).toBeGreaterThanOrEqual(from)
        expect(to).toBeLessThanOrEqual(root.to)
      }
    })

    test('go on from the caller, when it says who it is', async () => {
      const spans = await traced({ traceparent: `00-${TRACE}-${CALLER}-01` })
      expect(named(spans, 'EncryptDatakey').parentSpanId).toBe(CALLER)
      expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]))
      expect(named(spans, 'C_WrapKey').traceId).toBe(TRACE)
      await until(() => service.log().includes(TRACE))
      const line = logLines().find((one) => one['trace_id'] === TRACE)
      expect(line).toMatchObject({ operation: 'EncryptDatakey', code: 'ok' })
    })

    test.each([
      ['no such thing', 'nonsense'],
      ['without its flags', `00-${TRACE}-${CALLER}`],
      ['of no caller', `00-${TRACE}-0000000000000000-01`],
      ['of no trace', `00-00000000000000000000000000000000-${CALLER}-01`],
      ['of a version that is forbidden', `ff-${TRACE}-${CALLER}-01`],
      ['in upper case', `00-${TRACE.toUpperCase()}-${CALLER}-01`],
      ['there twice', `00-${TRACE}-${CALLER}-01, 00-${TRACE}-${CALLER}-01`],
      ['endless', 'x'.repeat(5000)],
    ])('begin anew where the traceparent is %s', async (_, traceparent) => {
      const root = named(await traced({ traceparent }), 'EncryptDatakey')
      expect(root.parentSpanId).toBe('')
      expect(root.traceId).not.toBe(TRACE)
    })

    test('are not kept where the caller keeps none', async () => {
      const before = collector.spans().length
      const other = TRACE.replace('0af', '1bf')
      const { dek, ...fields } = digested(16)
      const headers = { traceparent: `00-${other}-${CALLER}-00` }
      const reply = await call('encrypt-datakey', { key_id: keyId, ...fields }, headers)
      expect([reply.status, dek.length]).toEqual([200, 16])
      await traced()
      expect(collector.spans().length).toBeGreaterThan(before)
      expect(collector.spans().some(({ traceId }) => traceId === other)).toBe(false)
      await until(() => service.log().includes(String(reply.headers['x-request-id'])))
      expect(service.log()).not.toContain(other)
    })

    test('tell a refusal from a failure', async () => {
      const refused = await call('decrypt-datakey', {
        key_id: keyId,
        cipher_text: '00'.repeat(188),
        datakey_cipher_length: '32',
      })
      const spans = await traceOf(String(refused.headers['x-request-id']))
      const root = named(spans, 'DecryptDatakey')
      expect(root.attributes).toMatchObject({ 'http.response.status_code': refused.status })
      expect(String(root.attributes['kms.code'])).toMatch(/^KMS\./)
      // A refusal is no failure of the service.
      expect([refused.status < 500, root.status]).toEqual([true, 0])
    })

    test('say what failed when the HSM hangs, and how often it was tried', async () => {
      const stopped = agentPids(service.pid)
      for (const pid of stopped) process.kill(pid, 'SIGSTOP')
      const { dek, ...fields } = digested(16)
      const failed = await call('encrypt-datakey', { key_id: keyId, ...fields })
      expect([failed.status, dek.length]).toEqual([503, 16])
      const spans = await traceOf(String(failed.headers['x-request-id']))
      expect(named(spans, 'EncryptDatakey')).toMatchObject({
        status: 2,
        attributes: { 'error.type': 'KMS.0104', 'http.response.status_code': 503 },
      })
      expect(named(spans, 'HSM wrap')).toMatchObject({
        status: 2,
        attributes: { 'kms.hsm.outcome': 'unavailable' },
      })
      expect(spans.some(({ name }) => name.startsWith('C_'))).toBe(false)
      await until(() => service.log().includes('slow request') && lastSlow()['status'] === 503)
      expect(lastSlow()['hsm_ms']).toBeGreaterThan(900)
      const left = agentPids(service.pid).filter((pid) => stopped.includes(pid))
      for (const pid of left) process.kill(pid, 'SIGKILL')
      await until(() => {
        const pids = agentPids(service.pid)
        return pids.length === 2 && !pids.some((pid) => stopped.includes(pid))
      })
    })

    function lastSlow(): Record<string, unknown> {
      return logLines().findLast(({ msg }) => msg === 'slow request') ?? {}
    }

    test('are sent to the end: those of the last calls are there when the service has ended', async () => {
      const spans = await traced()
      const secrets = await secretsOf(service)
      const { dek, ...fields } = digested(32)
      const last = await call('encrypt-datakey', { key_id: keyId, ...fields })
      expect(await service.end('SIGTERM')).toBe(0)
      expect(await traceOf(String(last.headers['x-request-id']))).toHaveLength(spans.length)
      const slow = logLines().filter(({ msg }) => msg === 'slow request')
      expect(slow[0]).toMatchObject({ level: 'warn', operation: 'CreateKey', code: 'ok' })
      const sent = collector.text()
      for (const secret of [...secrets, dek.toString('hex'), dek.toString('base64'), SECRET_TEXT]) {
        expect(sent.toLowerCase().includes(secret.toLowerCase())).toBe(false)
      }
    })

    async function secretsOf({ credentials, dataDirectory }: ServiceProcess) {
      return [credentials().secret_access_key, ...(await pinsOf(dataDirectory))]
    }

    function logLines(): readonly Record<string, unknown>[] {
      return service
        .log()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    }
  },
)
