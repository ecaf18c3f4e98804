import { type Reply, exchange } from '../../http/client.js'
import { talk } from '../../http/raw-socket.js'
import { type ApiClient, pathOf } from './client.js'
import type { ApiOperation, Field } from './document.js'
import { fill } from './value.js'
import { prepare } from './preparations.js'

/** A refusal that follows from the form of an operation alone. */
export interface Provoked {
  readonly title: string
  readonly code: string
  run(this: void, api: ApiClient): Promise<Reply>
}

const OTHER_PROJECT = 'f'.repeat(32)
/** One more than the longest body that the service reads. */
const TOO_LONG = 1024 * 1024 + 1

/** Every refusal that the document promises for each operation of the same form. */
export function provokedBy(operation: ApiOperation): readonly Provoked[] {
  return [
    ...ofTransport(operation),
    ...(operation.access === 'project' ? ofCredentials(operation) : []),
    ...(operation.body ? ofBody(operation, operation.body) : []),
    ...ofQuery(operation),
  ]
}

function ofTransport(operation: ApiOperation): readonly Provoked[] {
  return [
    {
      title: 'another method',
      code: 'KMS.0215',
      run: async (api) =>
        api.send({ method: 'PATCH', path: await sampleOf(api, operation), body: '' }),
    },
    {
      title: 'bytes that are no HTTP',
      code: 'APIGW.0602',
      run: async (api) => {
        const path = await sampleOf(api, operation)
        const bytes = `${operation.method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n`
        return replyOf(await talk(api.credentials.endpoint, bytes))
      },
    },
  ]
}

function ofCredentials(operation: ApiOperation): readonly Provoked[] {
  const { method } = operation
  return [
    {
      title: 'no signature',
      code: 'APIGW.0301',
      run: async (api) =>
        exchange({
          method,
          origin: api.credentials.endpoint,
          path: await sampleOf(api, operation),
          headers: { 'content-type': 'application/json' },
          body: bodyText(operation),
        }),
    },
    {
      title: 'the project of another',
      code: 'KMS.0321',
      run: async (api) => {
        const path = await sampleOf(api, operation, { project_id: OTHER_PROJECT })
        return api.send({ method, path, body: bodyText(operation) })
      },
    },
    {
      title: 'a body that is too long',
      code: 'KMS.0203',
      run: async (api) =>
        api.send({ method, path: await sampleOf(api, operation), body: ' '.repeat(TOO_LONG) }),
    },
    {
      title: 'a compressed body',
      code: 'KMS.0214',
      run: async (api) =>
        api.send({
          method,
          path: await sampleOf(api, operation),
          body: bodyText(operation),
          headers: { 'content-encoding': 'gzip' },
        }),
    },
  ]
}

function ofBody(
  operation: ApiOperation,
  fields: Readonly<Record<string, Field>>,
): readonly Provoked[] {
  function sending(title: string, code: string, body: unknown): Provoked {
    return {
      title,
      code,
      run: async (api) =>
        api.send({
          method: operation.method,
          path: await sampleOf(api, operation),
          body: JSON.stringify(body),
        }),
    }
  }
  return [
    sending('a body that is no object', 'KMS.0202', []),
    ...operation.requiredBody.map((name) =>
      sending(`no ${name}`, 'KMS.0204', { ...operation.example, [name]: undefined }),
    ),
    // Of a closed set, a pattern or a type of its own: nothing takes an array in an array.
    ...Object.entries(fields)
      .filter(([, field]) => field.type !== undefined || 'x-error-code' in field)
      .map(([name, field]) =>
        sending(`another kind of ${name}`, field['x-error-code'] ?? 'KMS.0308', {
          ...operation.example,
          [name]: [[]],
        }),
      ),
  ]
}

function ofQuery(operation: ApiOperation): readonly Provoked[] {
  return operation.requiredQuery.map((name) => ({
    title: `no ${name}`,
    code: 'KMS.0204',
    run: async (api: ApiClient) =>
      api.send({
        method: operation.method,
        path: await sampleOf(api, { ...operation, query: {} }),
        body: '',
      }),
  }))
}

function bodyText(operation: ApiOperation): string {
  return operation.body ? JSON.stringify(operation.example) : ''
}

/** An address that leads to the operation, whatever it is about. */
async function sampleOf(
  api: ApiClient,
  operation: ApiOperation,
  other: Readonly<Record<string, string>> = {},
): Promise<string> {
  const known = await prepare(api, undefined)
  const fields = {
    project_id: '$project',
    version_id: 'v1.0',
    resource_instances: 'resource_instances',
    key: 'stage',
    ...other,
  }
  const unknown = Object.fromEntries(operation.pathParameters.map((name) => [name, '$unknown']))
  const query = Object.fromEntries(operation.requiredQuery.map((name) => [name, '$unknown']))
  const filled = fill({ ...unknown, ...query, ...fields }, known)
  return pathOf(operation, filled as Readonly<Record<string, unknown>>)
}

/** Reads an answer that came over a bare connection. */
function replyOf(text: string): Reply {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((header) => {
      const colon = header.indexOf(':')
      return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()]
    }),
  )
  const status = Number(line.split(' ')[1])
  return { status, headers, text: body, json: JSON.parse(body) as Record<string, unknown> }
}
