import { expect, test } from '@jest/globals'
import { developmentToken, findModule, SoftHsmError } from 'softhsm-config-scripts'
import { parseTokenUri } from '../../src/hsm/uri.js'
import { runProgram } from './programs.js'

const here = process.execPath // any file that exists

test('takes the first library that exists', () => {
  expect(
    findModule({ environment: {}, candidates: ['/nowhere/a.so', here, '/nowhere/b.so'] }),
  ).toBe(here)
})

test('takes the library that SOFTHSM2_MODULE names, and no other', () => {
  expect(findModule({ environment: { SOFTHSM2_MODULE: here }, candidates: ['/etc'] })).toBe(here)
  expect(() =>
    findModule({ environment: { SOFTHSM2_MODULE: '/nowhere/soft.so' }, candidates: [here] }),
  ).toThrow(new SoftHsmError('SOFTHSM2_MODULE names /nowhere/soft.so, which does not exist.'))
})

test('a missing library is answered with what was tried and what to do', () => {
  const search = { environment: {}, candidates: ['/nowhere/a.so', '/nowhere/b.so'] }
  expect(() => findModule(search)).toThrow(SoftHsmError)
  expect(() => findModule(search)).toThrow(
    /tried \/nowhere\/a\.so, \/nowhere\/b\.so\. Install it with "apt-get install softhsm2".*SOFTHSM2_MODULE/,
  )
})

test('find-module prints the path, or the reason and exit code 1', async () => {
  expect(await runProgram('find-module', [], { SOFTHSM2_MODULE: here })).toEqual({
    code: 0,
    stdout: `${here}\n`,
    stderr: '',
  })
  expect(await runProgram('find-module', [], { SOFTHSM2_MODULE: '/nowhere/soft.so' })).toEqual({
    code: 1,
    stdout: '',
    stderr: 'SOFTHSM2_MODULE names /nowhere/soft.so, which does not exist.\n',
  })
})

test('the address of a token survives every character that a label or path may have', () => {
  process.env['SOFTHSM2_MODULE'] ??= here
  const label = 'a; b?c&d/é%41'
  const { uri } = developmentToken('/srv/some & any?;%41/ü', label)
  expect(parseTokenUri(uri)).toMatchObject({
    token: label,
    pinFile: '/srv/some & any?;%41/ü/user-pin',
  })
})

test.each(['', ' kms', 'kms ', 'é'.repeat(17)])('refuses the label "%s"', (label) => {
  expect(() => developmentToken('/srv/token', label)).toThrow('A token label must have')
})

test.each(['/srv/a#b', '/srv/a=b', '/srv/a\nb', '/srv/a ', `/${'x'.repeat(900)}`])(
  'refuses the folder "%s", which the configuration file cannot express',
  (folder) => {
    expect(() => developmentToken(folder)).toThrow('The path of the token folder must have')
  },
)
