/** Policies that the software brings along, as JSON, by id. */
export const SYSTEM_POLICIES: ReadonlyMap<string, string> = new Map([
  ['system:full-access', allowing(['kms:*'])],
  // Reading means facts about keys: it gives neither plaintext nor a key that could be used.
  [
    'system:read-only',
    allowing([
      'kms:*:get',
      'kms:*:list',
      'kms:cmk:getQuota',
      'kms:cmk:getInstance',
      'kms:cmk:list*',
    ]),
  ],
])

function allowing(actions: readonly string[]): string {
  const statement = { effect: 'allow', actions, resources: ['*'] }
  return JSON.stringify({ version: '1', statements: [statement] })
}
