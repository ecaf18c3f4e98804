import { describeUnless } from '../support/describe-unless.js'
import { nssModule, openNssToken } from '../support/nss-token.js'
import { Bench, checkOf, failedIds } from './bench.js'

const missing = nssModule() === undefined ? 'NSS softokn is not installed' : undefined

describeUnless(missing, 'a compliance run on an NSS softokn token', () => {
  // It reports every attribute as it should be, and gives the key away all the same: only trying shows it.
  test('fails, since the token does not enforce what it reports', async () => {
    const bench = await Bench.open(openNssToken)
    try {
      const report = await bench.report()
      expect(report.exitCode).toBe(1)
      expect(failedIds(report)).toEqual(['KEY-ATTEMPTS'])
      const { failed, failures } = checkOf(report, 'KEY-ATTEMPTS')
      expect(failed).toBe(5)
      expect(failures[0]?.observed).toContain('wrap under another key of the service')
      expect(checkOf(report, 'KEY-LOCAL')).toMatchObject({
        verdict: 'not-applicable',
        not_applicable: 5,
        remarks: [expect.stringContaining('CKA_LOCAL')],
      })
      const full = await bench.report({}, ['--full'])
      expect(failedIds(full)).toEqual([
        'KEY-ATTEMPTS',
        'ATTACK-WRAP-DECRYPT',
        'ATTACK-CONFLICTING-TEMPLATES',
        'ATTACK-RE-IMPORT',
        'ATTACK-WEAK-WRAP',
      ])
      expect(checkOf(full, 'KEY-ATTEMPTS').failures[0]?.observed).toContain(
        'wrap under a key that is known outside',
      )
    } finally {
      await bench.close()
    }
  })
})
