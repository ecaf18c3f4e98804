import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CallIo, call } from '../../src/cli/call.js'
import { UsageError } from '../../src/cli/command.js'
import { NoAnswer, sendRequest } from '../../src/cli/send-request.js'
import { KmsError } from '../../src/core/errors.js'
import { CredentialsError } from '../../src/credentials-file.js'
import { type Bench, SOMEBODY, VECTOR, createBench } from '../support/sign.js'

interface Seen {
  readonly line: string
  readonly contentType: string | undefined
  readonly body: string
}

let bench: Bench
let directory: string
let endpoint: string
const seen: Seen[] = []
let answer: { status: number; text: string }
const server = createServer((request, response) => void serve(request, response))

/** Authenticates the request as the service would, and gives the answer of the test. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { method = '', url = '', headers, rawHeaders } = request
  const body = Buffer.concat(chunks)
  seen.push({
    line: `${method} ${url}`,
    contentType: headers['content-type'],
    body: body.toString(),
  })
  try {
    await bench.authenticator.authenticate({
      method,
      url,
      headers,
      rawHeaders,
      body,
      client: SOMEBODY,
    })
    response.writeHead(answer.status).end(answer.text)
  } catch (error) {
    const { code = '', status = 500 } = error instanceof KmsError ? error : {}
    response.writeHead(status).end(`{"error_code":"${code}"}`)
  }
}

beforeAll(async () => {
  bench = await createBench()
  bench.now = Date.now()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kms-call-'))
  await writeCredentials({})
  seen.length = 0
  answer = { status: 200, text: '{"key_info":{"key_id":"abc","n":[1,{"x":true}]}}' }
})
afterEach(() => rm(directory, { recursive: true }))

async function writeCredentials(changes: Record<string, string>): Promise<void> {
  const credentials = {
    endpoint,
    project_id: VECTOR.projectId,
    domain_id: 'domain-1',
    access_key_id: VECTOR.accessKeyId,
    secret_access_key: VECTOR.secretAccessKey,
    ...changes,
  }
  await writeFile(join(directory, 'credentials.json'), JSON.stringify(credentials))
}

async function run(args: readonly string[], stdin: readonly string[] = []) {
  const written = { out: '', err: '' }
  const io: CallIo = {
    environment: { KMS_DATA_DIR: directory },
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    stdin: (async function* () {
      for (const text of stdin) yield await Promise.resolve(Buffer.from(text))
    })(),
  }
  return { ...written, exitCode: await call(args, io), ...written }
}

describe('a request', () => {
  test('is signed, sent, and its answer printed', async () => {
    const { exitCode, out, err } = await run(['CreateKey', '{"key_alias":"schlüssel"}'])
    expect({ exitCode, out, err }).toEqual({ exitCode: 0, out: `${answer.text}\n`, err: '' })
    expect(seen).toEqual([
      {
        line: `POST /v1.0/${VECTOR.projectId}/kms/create-key`,
        contentType: 'application/json',
        body: '{"key_alias":"schlüssel"}',
      },
    ])
  })

  test('may come from standard input', async () => {
    expect((await run(['listkeys', '-'], ['{"limit"', ':"5"}'])).exitCode).toBe(0)
    expect(seen[0]?.body).toBe('{"limit":"5"}')
  })

  test('needs no JSON', async () => {
    expect((await run(['ListKeys'])).exitCode).toBe(0)
    expect(seen[0]?.body).toBe('{}')
  })

  test('fills its path from the fields', async () => {
    expect((await run(['ShowVersion', '{"version_id":"v1.0 /ä"}'])).exitCode).toBe(0)
    expect(seen[0]).toEqual({ line: 'GET /v1.0%20%2F%C3%A4', contentType: undefined, body: '' })
  })

  test('may name another project', async () => {
    await run(['ListKeys', '{"project_id":"other","limit":"1"}'])
    expect(seen[0]).toMatchObject({ line: 'POST /v1.0/other/kms/list-keys', body: '{"limit":"1"}' })
  })
})

describe('--print', () => {
  test.each([
    ['key_info.key_id', 'abc'],
    ['key_info.n', '[1,{"x":true}]'],
    ['key_info.n.1.x', 'true'],
  ])('%s', async (path, printed) => {
    expect(await run(['CreateKey', '--print', path])).toMatchObject({
      exitCode: 0,
      out: `${printed}\n`,
    })
  })

  test.each(['key_id', 'key_info.key_id.length', 'key_info.n.9', 'constructor', ''])(
    'of "%s" finds nothing',
    (path) => expect(run(['CreateKey', '--print', path])).rejects.toThrow(UsageError),
  )
})

describe('an error answer', () => {
  test('is printed, and ends with 1', async () => {
    answer = { status: 400, text: '{"error":{"error_code":"KMS.0205"}}' }
    const { exitCode, out, err } = await run(['EnableKey', '{"key_id":"x"}', '--print', 'key_info'])
    expect({ exitCode, out, err }).toEqual({ exitCode: 1, out: '', err: `${answer.text}\n` })
  })

  test('without a body names the status', async () => {
    answer = { status: 503, text: '' }
    expect(await run(['ListKeys'])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('503') as unknown,
    })
  })

  test('of a wrong secret', async () => {
    await writeCredentials({ secret_access_key: 'wrong' })
    expect(await run(['ListKeys'])).toMatchObject({
      exitCode: 1,
      err: '{"error_code":"APIGW.0301"}\n',
    })
  })
})

test('a success without a body prints nothing', async () => {
  answer = { status: 204, text: '' }
  expect(await run(['EnableKey'])).toEqual({ exitCode: 0, out: '', err: '' })
})

test('help', async () => {
  const { exitCode, out } = await run(['--help'])
  expect(exitCode).toBe(0)
  expect(out).toContain('EncryptDatakey')
})

describe('cannot be sent', () => {
  test.each([
    [[]],
    [['NoSuchOperation']],
    [['ListKeys', '{}', '{}']],
    [['ListKeys', '{}', '--verbose']],
    [['ListKeys', 'secret-text']],
    [['ListKeys', '["secret-text"]']],
    [['ListKeys', 'null']],
    [['ShowVersion', '{}']],
    [['ShowVersion', '{"version_id":1}']],
  ])('%j', async (args) => {
    const error: unknown = await run(args).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UsageError)
    expect((error as UsageError).message).not.toContain('secret-text')
    expect((error as UsageError).message).not.toContain('\n')
    expect(seen).toHaveLength(0)
  })

  test.each(['nonsense', 'ftp://127.0.0.1/'])('to the endpoint %s', async (wrong) => {
    await writeCredentials({ endpoint: wrong })
    await expect(run(['ListKeys'])).rejects.toThrow(UsageError)
  })

  test('without credentials', async () => {
    await rm(join(directory, 'credentials.json'))
    await expect(run(['ListKeys'])).rejects.toThrow(`${directory}/credentials.json`)
  })

  test('with credentials that are damaged', async () => {
    await writeFile(join(directory, 'credentials.json'), '{')
    await expect(run(['ListKeys'])).rejects.toThrow(CredentialsError)
  })

  test('where nobody listens', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    await writeCredentials({ endpoint: `http://127.0.0.1:${port}` })
    const { exitCode, err } = await run(['ListKeys'])
    expect({ exitCode, err }).toEqual({
      exitCode: 2,
      err: `No answer from http://127.0.0.1:${port} (ECONNREFUSED).\n`,
    })
  })
})

describe('an answer that never ends', () => {
  test.each([
    ['nothing', (response: ServerResponse) => response.flushHeaders()],
    ['a part', (response: ServerResponse) => response.writeHead(200).write('{')],
    ['a broken connection', (response: ServerResponse) => response.destroy()],
    ['a broken body', (response: ServerResponse) => breakOff(response)],
  ])('%s', async (_name, give) => {
    const silent = createServer((_request, response) => give(response))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const url = new URL(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/`)
    const request = { method: 'GET', url, headers: {}, body: new Uint8Array(), timeoutMs: 200 }
    await expect(sendRequest(request)).rejects.toThrow(NoAnswer)
    silent.closeAllConnections()
    await new Promise((resolve) => silent.close(resolve))
  })

  function breakOff(response: ServerResponse): void {
    response.writeHead(200, { 'content-length': '9' }).write('{')
    setTimeout(() => response.destroy(), 20)
  }
})
