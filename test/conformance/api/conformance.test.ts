import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Reply } from '../../http/client.js'
import { describeUnless } from '../../support/describe-unless.js'
import { noToken } from '../../support/chosen-token.js'
import { testEachUnless } from '../../support/lacks.js'
import type { Case, PagedList } from './case.js'
import { lackOfCase } from './lack-of-case.js'
import { OF_EVERY_OPERATION, OF_ONE_OPERATION } from './cases/unprovokable.js'
import type { ApiClient } from './client.js'
import type { ApiOperation } from './document.js'
import { mistyped } from './json-types.js'
import { OPERATION_NAMES } from './operation-names.js'
import { prepare } from './preparations.js'
import { provokedBy } from './provoked.js'
import { type ServiceUnderTest, startServiceUnderTest } from './service-under-test.js'
import { CASES, LISTS } from './tables.js'
import { type JsonObject, at, differences, fill } from './value.js'

const START_MS = 90_000
/** Far more than any list of these cases has: a list without an end would be read forever. */
const MOST_PAGES = 2000

describeUnless(noToken, 'the whole API', () => {
  let service: ServiceUnderTest
  let api: ApiClient

  beforeAll(async () => {
    service = await startServiceUnderTest()
    api = service.api
  }, START_MS)
  afterAll(() => service.close())

  test('the document has every operation and no other', () => {
    expect([...api.operations.keys()].sort()).toEqual([...OPERATION_NAMES].sort())
  })

  describe.each(OPERATION_NAMES)('%s', (name) => {
    const cases = CASES.filter(({ operation }) => operation === name)

    testEachUnless(cases, lackOfCase, titleOf, async (one) => {
      const known = await prepare(api, one.given)
      const fields = fill(one.fields ?? {}, known) as JsonObject
      const reply = await api.call(name, fields, { ...one.headers })
      if (one.code === undefined) judgeSuccess(api.operation(name), reply, fill(one.answer, known))
      else judgeRefusal(api.operation(name), reply, one.code)
    })

    test('answers what its form alone has refused', async () => {
      const operation = api.operation(name)
      for (const { title, code, run } of provokedBy(operation)) {
        const reply = await run(api)
        expect({ title, code: reply.json['error_code'] }).toEqual({ title, code })
        judgeRefusal(operation, reply, code)
      }
    })

    test('has a case for each code that it documents', () => {
      const operation = api.operation(name)
      const provoked = new Set([
        ...provokedBy(operation).map(({ code }) => code),
        ...cases.flatMap(({ code }) => code ?? []),
      ])
      const open = [...operation.errors.keys()].filter(
        (code) => !provoked.has(code) && !isUnprovokable(operation, code),
      )
      expect(open).toEqual([])
    })

    test('has a case that succeeds, or a refusal that is all it can say', () => {
      const succeeding = cases.filter(({ code }) => code === undefined)
      expect(succeeding.length + cases.filter(({ code }) => code === 'KMS.3801').length).not.toBe(0)
    })
  })

  test.each(LISTS.map((list) => [list.operation, list] as const))(
    '%s has pages to its end',
    async (_name, list) => {
      const known = await prepare(api, list.given)
      const all = await pages(api, list, fill(list.fields, known) as JsonObject)
      expect(new Set(all.entries).size).toBe(all.entries.length)
      if (list.count !== undefined) expect(all.entries).toHaveLength(list.count)
      if (list.total !== undefined) expect(all.total).toBe(all.entries.length)
    },
    60_000,
  )

  test('every reason why a code cannot be provoked is still needed', () => {
    const stale = Object.keys(OF_ONE_OPERATION).filter((entry) => {
      const [name = '', code = ''] = entry.split(' ')
      const covered = CASES.some((one) => one.operation === name && one.code === code)
      return covered || !api.operation(name).errors.has(code)
    })
    expect(stale).toEqual([])
  })
})

function titleOf({ code, given, title }: Case): string {
  const what = [title, given !== undefined && title === undefined && `given ${given}`]
  return [code === undefined ? 'succeeds' : `refuses with ${code}`, ...what]
    .filter(Boolean)
    .join(', ')
}

function judgeSuccess(operation: ApiOperation, reply: Reply, wanted: unknown): void {
  const { name, status, validate } = operation
  expect([reply.status, reply.text]).toEqual([status, expect.any(String)])
  expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
  if (!validate) {
    expect([reply.text, reply.headers['content-type']]).toEqual(['', undefined])
    return
  }
  expect(reply.headers['content-type']).toBe('application/json')
  const value: unknown = JSON.parse(reply.text)
  validate(value)
  expect(validate.errors ?? []).toEqual([])
  expect(mistyped(name, value)).toEqual([])
  expect(differences(value, wanted ?? {})).toEqual([])
}

function judgeRefusal(operation: ApiOperation, reply: Reply, code: string): void {
  const pair = { error_code: code, error_msg: reply.json['error_msg'] }
  const flat = { ...pair, request_id: reply.headers['x-request-id'] }
  expect(reply.json).toEqual(code.startsWith('KMS.') ? { error: pair, ...flat } : flat)
  expect(reply.status).toBe(operation.errors.get(code))
  expect(String(reply.json['error_msg'])).toMatch(/^[A-Za-z].*\.$/)
  expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
}

/** Some codes are documented for every operation of a form, whether or not one of its fields can bring them about. */
function isUnprovokable({ name, body, requiredBody }: ApiOperation, code: string): boolean {
  if (code in OF_EVERY_OPERATION || `${name} ${code}` in OF_ONE_OPERATION) return true
  if (code === 'KMS.0204') return requiredBody.length === 0
  if (code === 'KMS.0206') return body?.['sequence'] === undefined
  if (code !== 'KMS.0308') return false
  return !Object.values(body ?? {}).some((field) => (field['x-error-code'] ?? code) === code)
}

/** Reads a list two entries at a time. */
async function pages(
  api: ApiClient,
  list: PagedList,
  fields: JsonObject,
): Promise<{ readonly entries: readonly unknown[]; readonly total: unknown }> {
  const found: unknown[] = []
  let position: JsonObject = {}
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const reply = await api.call(list.operation, { limit: 2, ...fields, ...position })
    judgeSuccess(api.operation(list.operation), reply, {})
    const entries: unknown = reply.json[list.items]
    const here: readonly unknown[] = Array.isArray(entries) ? entries : []
    expect(here.length).toBeLessThanOrEqual(2)
    found.push(...here.map((entry) => (list.id === '' ? entry : at(entry, list.id))))
    const total = list.total === undefined ? undefined : reply.json[list.total]
    const next = nextOf(list, reply.json, found.length)
    if (next === undefined || (list.by === 'offset' && here.length === 0)) {
      return { entries: found, total }
    }
    position = next
  }
  throw new Error(`${list.operation} has no end.`)
}

function nextOf(list: PagedList, answer: JsonObject, count: number): JsonObject | undefined {
  if (list.by === 'offset') return { offset: count }
  const marker = at(answer, list.by === 'marker' ? 'next_marker' : 'page_info.next_marker')
  if (list.by === 'marker') expect(answer['truncated']).toBe(String(marker !== ''))
  return marker === undefined || marker === null || marker === '' ? undefined : { marker }
}
