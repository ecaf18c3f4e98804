import { expect, test } from '@jest/globals'
import {
  expireMaterial,
  forgetMaterial,
  isMaterialComplete,
  lapsedVersions,
  nextVersion,
  requireAwaiting,
  settleMaterial,
  suspendForLapse,
  versionOfMaterial,
} from '../../../src/core/imported-versions.js'
import { cmkWith, versionWith } from '../../support/sample-cmk.js'

const OWN = Uint8Array.of(1, 2, 3)
const OTHER = Uint8Array.of(9, 9, 9)
const NOW = 1_800_000_000_000

const awaiting = cmkWith({ state: '5', origin: 'external', currentVersion: 1 })
const enabled = cmkWith({ ...awaiting, state: '2' })

function version(number: number, stated: Parameters<typeof versionWith>[1] = {}) {
  return versionWith(awaiting, { key: { keyId: awaiting.id, version: number }, ...stated })
}

test('a key is whole when every version is there that ever encrypted', () => {
  expect(isMaterialComplete([])).toBe(false)
  expect(isMaterialComplete([version(1)])).toBe(true)
  expect(isMaterialComplete([version(1), version(2, { present: false })])).toBe(false)
  const waiting = version(2, { use: 'waiting', present: false })
  expect(isMaterialComplete([version(1), waiting])).toBe(true)
  expect(isMaterialComplete([waiting])).toBe(false)
})

test('numbers are never given twice', () => {
  expect(nextVersion([])).toBe(1)
  expect(nextVersion([version(1), version(3, { use: 'waiting', present: false })])).toBe(4)
})

test.each(['1', '3', '4'] as const)('a key in state %s takes no material', (state) => {
  expect(() => requireAwaiting({ ...awaiting, state })).toThrow(/import/)
})

test('an enabled pair takes none, an enabled secret does', () => {
  expect(() => requireAwaiting({ ...enabled, spec: 'RSA_2048' })).toThrow(/has its material/)
  expect(() => requireAwaiting(enabled)).not.toThrow()
})

test('a first material is new, whatever died before', () => {
  expect(versionOfMaterial(awaiting, [], OWN)).toBeUndefined()
  const died = version(1, { use: 'waiting', present: false })
  expect(versionOfMaterial(awaiting, [died], OTHER)).toBeUndefined()
  expect(versionOfMaterial(awaiting, [died], OWN)).toBe(died)
})

test('after a deletion only the same material comes back', () => {
  const deleted = [
    version(1, { present: false }),
    version(2, { present: false, checkValue: OTHER }),
  ]
  expect(versionOfMaterial(awaiting, deleted, OTHER)).toBe(deleted[1])
  expect(versionOfMaterial(awaiting, deleted, OWN)).toBe(deleted[0])
  const foreign = Uint8Array.of(4)
  expect(() => versionOfMaterial(awaiting, deleted, foreign)).toThrow(/not the one imported/)
  // A version that was given up has no material at all.
  const given = [...deleted, version(3, { use: 'waiting', present: false, checkValue: foreign })]
  expect(versionOfMaterial(awaiting, given, foreign)).toBe(given[2])
})

test('a second material must be another one, and one waits at the most', () => {
  expect(versionOfMaterial(enabled, [version(1)], OTHER)).toBeUndefined()
  expect(() => versionOfMaterial(enabled, [version(1)], OWN)).toThrow(/already/)
  const waiting = [version(1), version(2, { use: 'waiting', checkValue: OTHER })]
  expect(() => versionOfMaterial(enabled, waiting, Uint8Array.of(4))).toThrow(/waits already/)
})

test('material that arrives is put into use where it is the first, and else where it was', () => {
  const reserved = version(3, { use: 'waiting', present: false })
  const first = settleMaterial(awaiting, [reserved], { ...reserved, expiresAt: 5 })
  expect(first.cmk).toMatchObject({ state: '2', currentVersion: 3, materialExpiresAt: 5 })
  expect(first.versions).toMatchObject([{ use: 'in-use', present: true, expiresAt: 5 }])

  const second = settleMaterial(enabled, [version(1, { expiresAt: 9 }), reserved], reserved)
  expect(second.cmk).toMatchObject({ state: '2', currentVersion: 1, materialExpiresAt: 9 })
  expect(second.versions).toMatchObject([{ use: 'waiting', present: true }])

  const [one, two] = [version(1, { present: false }), version(2, { present: false })]
  const half = settleMaterial({ ...awaiting, currentVersion: 2 }, [one, two], two)
  expect(half.cmk).toMatchObject({ state: '5', currentVersion: 2 })
})

test('material that goes takes the key out of use first', () => {
  const versions = [version(1, { expiresAt: NOW }), version(2, { expiresAt: NOW + 1 })]
  const lapsed = lapsedVersions(versions, NOW)
  expect(lapsed).toEqual([versions[0]])
  expect(lapsedVersions([version(1, { expiresAt: NOW, present: false })], NOW)).toEqual([])
  expect(suspendForLapse(enabled, lapsed)).toMatchObject({ state: '5' })
  expect(suspendForLapse({ ...enabled, state: '3' }, lapsed)).toMatchObject({ state: '5' })
  expect(suspendForLapse({ ...enabled, state: '4' }, lapsed)).toBeUndefined()
  expect(suspendForLapse(enabled, [version(1, { use: 'waiting' })])).toBeUndefined()
  const gone = forgetMaterial(enabled, versions, lapsed)
  expect(gone.cmk.materialExpiresAt).toBe(NOW + 1)
  expect(gone.versions).toEqual([{ ...versions[0], present: false, expiresAt: undefined }])
})

test('a deletion is a lapse that is due now', () => {
  const versions = [version(1), version(2, { use: 'waiting' }), version(3, { present: false })]
  const { cmk, versions: changed } = expireMaterial(enabled, versions, NOW)
  expect(cmk).toMatchObject({ state: '5', materialExpiresAt: NOW })
  expect(changed.map(({ key, expiresAt }) => [key.version, expiresAt])).toEqual([
    [1, NOW],
    [2, NOW],
  ])
})
