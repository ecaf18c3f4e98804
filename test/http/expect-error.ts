import { expect } from '@jest/globals'
import { type ErrorCode, errorRow } from '../../src/core/errors.js'
import type { Reply } from './client.js'

/** Judges the whole envelope of an error, and returns its sentence. */
export function expectError(reply: Reply, code: ErrorCode): string {
  const sentence = reply.json['error_msg']
  const pair = { error_code: code, error_msg: sentence }
  const flat = { ...pair, request_id: reply.headers['x-request-id'] }
  expect(reply.json).toEqual(code.startsWith('KMS.') ? { error: pair, ...flat } : flat)
  expect(reply.status).toBe(errorRow(code).status)
  expect(reply.headers['content-type']).toBe('application/json')
  expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
  expect(sentence).toMatch(/^[A-Za-z].*\.$/)
  return String(sentence)
}
