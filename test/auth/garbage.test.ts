import fc from 'fast-check'
import type { SignedRequest } from '../../src/auth/claim.js'
import { percentDecode, percentEncode } from '../../src/auth/percent-encoding.js'
import {
  canonicalPaths,
  canonicalQuery,
  parseRequestTarget,
} from '../../src/auth/request-target.js'
import { parseSdkDate } from '../../src/auth/sdk-date.js'
import { KmsError } from '../../src/core/errors.js'
import { type Bench, SOMEBODY, VECTOR, createBench } from '../support/sign.js'

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
})

async function answersKmsError(request: SignedRequest): Promise<void> {
  const error: unknown = await bench.authenticator.authenticate(request).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(KmsError)
  // No sentence repeats what was sent.
  expect((error as KmsError).message).toMatch(
    /^Incorrect IAM authentication information: [ -~]{1,200}$/,
  )
}

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
const shape = fc
  .tuple(text, text, text, text)
  .map(([algorithm, access, names, signature]) =>
    fc.sample(
      fc.constantFrom(
        `${algorithm} Access=${access}, SignedHeaders=${names}, Signature=${signature}`,
        `SDK-HMAC-SHA256 Access=${access}, SignedHeaders=${names}, Signature=${signature}`,
        `SDK-HMAC-SHA256 Access=${VECTOR.accessKeyId}, SignedHeaders=x-sdk-date, Signature=${'0'.repeat(64)}`,
        `SDK-HMAC-SHA256 Access=${VECTOR.accessKeyId},SignedHeaders=x-sdk-date;${names},Signature=${'0'.repeat(64)}`,
      ),
      1,
    ),
  )
  .map(([header = '']) => header)

test('arbitrary Authorization headers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(text, shape), (authorization) =>
      answersKmsError({
        method: 'POST',
        url: '/v1.0/p/kms/list-keys',
        headers: { authorization, 'x-sdk-date': VECTOR.date },
        body: Buffer.from('{}'),
        client: SOMEBODY,
      }),
    ),
    { numRuns: 1500 },
  )
})

test('arbitrary requests', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        method: text,
        url: fc.oneof(
          text,
          text.map((rest) => `/${rest}`),
          fc.webPath().map((path) => `/${path}`),
        ),
        headers: fc.dictionary(text, fc.oneof(text, fc.array(text))),
        rawHeaders: fc.array(text),
        body: fc.uint8Array(),
      }),
      shape,
      fc.boolean(),
      (request, authorization, dated) =>
        answersKmsError({
          ...request,
          client: SOMEBODY,
          headers: {
            ...request.headers,
            authorization,
            ...(dated ? { 'x-sdk-date': VECTOR.date } : {}),
          },
        }),
    ),
    { numRuns: 1500 },
  )
})

test('the parts of a canonical request are total', () => {
  fc.assert(
    fc.property(text, (input) => {
      const target = parseRequestTarget(`/${input}`)
      for (const path of canonicalPaths(target?.path ?? '/')) expect(path).toMatch(/^[!-~]*\/$/)
      const query = canonicalQuery(input)
      if (query !== undefined) expect(canonicalQuery(query)).toBe(query)
      expect(percentDecode(percentEncode(input.toWellFormed()))).toBe(input.toWellFormed())
      parseSdkDate(input)
    }),
  )
})

test('a long header costs no more than its length', async () => {
  const names = Array.from({ length: 4000 }, (_, index) => `h${index}`).join(';')
  const started = performance.now()
  for (const authorization of [
    `SDK-HMAC-SHA256 ${' '.repeat(16000)}`,
    `SDK-HMAC-SHA256 Access=${'A'.repeat(16000)}`,
    `SDK-HMAC-SHA256 Access=A,${' '.repeat(16000)}`,
    `SDK-HMAC-SHA256 Access=A, SignedHeaders=${names}, Signature=`,
    `SDK-HMAC-SHA256 Access=A, SignedHeaders=x-sdk-date;${names}, Signature=${'0'.repeat(64)}`,
  ]) {
    await answersKmsError({
      method: 'GET',
      url: '/',
      headers: { authorization, 'x-sdk-date': VECTOR.date },
      body: new Uint8Array(),
      client: SOMEBODY,
    })
  }
  expect(performance.now() - started).toBeLessThan(1000)
})
