import { expect, test } from '@jest/globals'
import { currentHome, homeOf, movedTo, residencesOf, residentOf } from '../../../src/core/home.js'
import { cmkWith, versionWith } from '../../support/sample-cmk.js'

const MOVED = {
  homes: [
    { home: 1, since: 1 },
    { home: 2, since: 3 },
    { home: 1, since: 6 },
  ],
}

test('a version is on the token of the last residence that began with it or before', () => {
  expect([1, 2, 3, 5, 6, 99].map((version) => homeOf(MOVED, version))).toEqual([1, 1, 2, 2, 1, 1])
  expect(currentHome({ ...MOVED, currentVersion: 5 })).toBe(2)
  expect(homeOf({ homes: residentOf(4) }, 1)).toBe(4)
})

test('a move begins a residence, and a version on the same token none', () => {
  const stayed = { homes: residentOf(1) }
  expect(movedTo(stayed, { home: 1, since: 2 })).toEqual(residentOf(1))
  const moved = { homes: movedTo(stayed, { home: 2, since: 2 }) }
  expect(moved.homes).toEqual([
    { home: 1, since: 1 },
    { home: 2, since: 2 },
  ])
  expect(movedTo(moved, { home: 2, since: 5 })).toEqual(moved.homes)
  // Whatever was said of this version or of later ones counts no more.
  expect(movedTo(moved, { home: 3, since: 2 })).toEqual([
    { home: 1, since: 1 },
    { home: 3, since: 2 },
  ])
})

test('the residences follow from the versions in use, in whatever order these come', () => {
  const cmk = cmkWith()
  function at(version: number, home: number, use: 'in-use' | 'waiting' = 'in-use') {
    return versionWith(cmk, { key: { keyId: cmk.id, version }, home, use })
  }
  expect(residencesOf([at(4, 2), at(1, 1), at(2, 1), at(3, 3, 'waiting')], cmk.homes)).toEqual([
    { home: 1, since: 1 },
    { home: 2, since: 4 },
  ])
  // Below the first version in use nothing can be asked for.
  expect(residencesOf([at(3, 2)], cmk.homes)).toEqual(residentOf(2))
  expect(residencesOf([at(3, 2, 'waiting')], cmk.homes)).toBe(cmk.homes)
})
