import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { operations } from '../../src/operations/index.js'
import { RouteTable } from '../../src/http/route-table.js'
import { expectError } from './expect-error.js'
import { PROJECT, type TestApp, startApp } from './start-app.js'

let app: TestApp
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.close())

test('finds every operation by its own path', () => {
  const table = new RouteTable(
    operations.map(({ method, path, name }) => ({ method, path, target: name })),
  )
  for (const { method, path, name } of operations) {
    const url = path.replace(/\{\w+\}/g, 'value')
    expect(table.find(method, `${url}?query=/x`)).toMatchObject({ kind: 'found', target: name })
  }
})

test('prefers static segments and goes back to parameters', () => {
  const routes = ['/kms/tags', '/kms/{key_id}/tags', '/kms/{key_id}/tags/{tag}', '/{version}']
  const table = new RouteTable(routes.map((path) => ({ method: 'GET', path, target: path })))
  expect(table.find('GET', '/kms/tags')).toMatchObject({ target: '/kms/tags' })
  expect(table.find('GET', '/kms/tags/tags')).toEqual({
    kind: 'found',
    target: '/kms/{key_id}/tags',
    params: { key_id: 'tags' },
  })
  expect(table.find('GET', '/kms/a%20b/tags/%E2%82%AC')).toMatchObject({
    params: { key_id: 'a b', tag: '€' },
  })
  expect(table.find('GET', '/kms')).toMatchObject({ target: '/{version}' })
  expect(table.find('GET', '/kms/x/tags/%ff')).toMatchObject({ params: { tag: '%ff' } })
  for (const unknown of ['/kms//tags', '/kms/x', '/', '//', '/kms/x/tags/y/z', '']) {
    expect([unknown, table.find('GET', unknown)]).toEqual([unknown, { kind: 'unknown' }])
  }
  expect(table.find('POST', '/kms/tags')).toEqual({
    kind: 'wrong-method',
    allowed: ['GET', 'HEAD'],
  })
})

test('refuses two routes of the same method and path', () => {
  const route = { method: 'GET', path: '/a/{b}', target: 1 }
  expect(() => new RouteTable([route, { ...route, path: '/a/{c}' }])).toThrow('/a/{c}')
})

test('tells an unknown path from a wrong method', async () => {
  const path = `/v1.0/${PROJECT}/kms/create-key`
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const reply = await app.send(method, path)
    expect(expectError(reply, 'KMS.0215')).toContain('POST')
    expect(reply.headers.allow).toBe('POST')
  }
  for (const unknown of [`${path}s`, `/v1.0/${PROJECT}/kms`, '/v1.0/x/kms/create-key/y', '/a//b']) {
    expectError(await app.send('POST', unknown), 'APIGW.0101')
  }
  const wrong = await app.send('POST', '/health/live')
  expectError(wrong, 'KMS.0215')
  expect(wrong.headers.allow).toBe('GET, HEAD')
})

test('answers HEAD as GET without the body', async () => {
  const get = await app.send('GET', '/')
  const head = await app.send('HEAD', '/')
  expect(head.status).toBe(200)
  expect(head.text).toBe('')
  expect(head.headers['content-length']).toBe(get.headers['content-length'])
})

function at(base: string) {
  return [{ href: `${base}/v1.0/`, rel: 'self' }]
}

test('serves the API versions to anybody, at the address by which it was reached', async () => {
  const version = { id: 'v1.0', status: 'CURRENT', version: '', min_version: '' }
  const all = await app.send('GET', '/', { headers: { host: 'kms.example.test:8443' } })
  expect(all.json).toEqual({
    versions: [
      { ...version, links: at('http://kms.example.test:8443'), updated: expect.any(String) },
    ],
  })
  for (const path of ['/v1.0', '/v1.0/', '/v1.0?x=1']) {
    const one = await app.send('GET', path)
    expect(one.json['version']).toMatchObject({ ...version, links: at(app.url) })
  }
  const forged = await app.send('GET', '/', { headers: { host: '<script>' } })
  expect(forged.text).not.toContain('script')
  expectError(await app.send('GET', '/v2.0'), 'KMS.0201')
  const absolute = await app.send('GET', `${app.url}/v1.0`)
  expect(absolute.status).toBe(200)
})

test('gives a public operation even with credentials that are wrong', async () => {
  const reply = await app.send('GET', '/', {
    headers: { authorization: 'SDK-HMAC-SHA256 nonsense' },
  })
  expect(reply.status).toBe(200)
})
