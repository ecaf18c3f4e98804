import type { Suite } from '../check.js'

/** How a report names the parts of a run. */
export const SUITE_NAMES: Readonly<Record<Suite, string>> = {
  token: 'Token identity',
  'known-answers': 'Known answers',
  random: 'Random generator',
  keys: 'Keys on the token',
  store: 'Store and token',
  attempts: 'Attempts that must fail',
  ciphertext: 'Ciphertext',
  'life-cycle': 'Life cycle of keys',
  access: 'Access',
  transport: 'Transport',
  audit: 'Audit log',
  build: 'Build',
}
