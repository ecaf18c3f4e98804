import { gatherBuild } from '../../src/assessment/gather-build.js'
import { billOfMaterials } from '../../src/compliance/build/bill-of-materials.js'
import { judgeBuild } from '../../src/compliance/build/build-checks.js'
import type { BuildSeen, PackageSeen } from '../../src/compliance/build/build-seen.js'

let build: BuildSeen
beforeAll(async () => {
  const seen = await gatherBuild({ ask: false })
  if (!('value' in seen)) throw new Error('The build was not seen.')
  build = seen.value
})

function verdictsOf(change: Partial<BuildSeen>): readonly string[] {
  return judgeBuild({ value: { ...build, ...change } }).map(({ verdict }) => verdict)
}

const SOUND: PackageSeen = {
  name: '@scope/one',
  version: '1.2.3-rc.1+x',
  integrity: `sha512-${Buffer.alloc(64, 1).toString('base64')}`,
  licence: 'MIT',
  installed: '1.2.3-rc.1+x',
  optional: false,
  own: false,
}

test('this build is the one that is locked', () => {
  expect(verdictsOf({})).toEqual(['pass', 'pass', 'not-applicable'])
  const names = build.packages.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['express', 'pkcs11js', 'kysely']))
  // What only tests and builds need is in no release.
  expect(names).not.toContain('jest')
  expect(build.lockSha256).toMatch(/^[0-9a-f]{64}$/)
})

test.each([
  [{}, ['pass', 'pass']],
  [{ installed: '1.2.4' }, ['fail', 'pass']],
  [{ installed: undefined }, ['fail', 'not-applicable']],
  [{ installed: undefined, optional: true }, ['not-applicable', 'not-applicable']],
  [{ integrity: undefined }, ['fail', 'pass']],
  [{ integrity: undefined, own: true }, ['pass', 'pass']],
  [{ licence: undefined }, ['pass', 'manual']],
] as const)('a package with %j', (change, expected) => {
  expect(verdictsOf({ packages: [{ ...SOUND, ...change }] }).slice(0, 2)).toEqual(expected)
})

test('known vulnerabilities fail, and none pass', () => {
  expect(verdictsOf({ vulnerable: { value: [] } })[2]).toBe('pass')
  const found = { name: 'x', severity: 'high', advisories: ['overflow'] }
  expect(verdictsOf({ vulnerable: { value: [found] } })[2]).toBe('fail')
})

describe('the bill of materials', () => {
  interface Bom {
    readonly bomFormat: string
    readonly specVersion: string
    readonly serialNumber: string
    readonly components: readonly {
      readonly name: string
      readonly purl?: string
      readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
    }[]
  }
  function bom(change: Partial<BuildSeen> = {}, now = 0): Bom {
    return JSON.parse(billOfMaterials({ ...build, ...change }, now)) as Bom
  }

  test('is CycloneDX 1.6, and names each package with its digest', () => {
    const made = bom({ packages: [SOUND] })
    expect(made).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' })
    expect(made.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    expect(made.components[0]).toMatchObject({
      name: '@scope/one',
      purl: 'pkg:npm/%40scope/one@1.2.3-rc.1%2Bx',
      hashes: [{ alg: 'SHA-512', content: '01'.repeat(64) }],
    })
    expect(made.components.map(({ name }) => name).slice(-2)).toEqual(['node', 'openssl'])
  })

  test('has one serial number for one build, whenever it is made', () => {
    expect(bom({}, 0).serialNumber).toBe(bom({}, 1).serialNumber)
    expect(bom({}).serialNumber).not.toBe(bom({ packages: [SOUND] }).serialNumber)
    const refs = bom().components.map((component) => JSON.stringify(component))
    expect(new Set(refs).size).toBe(refs.length)
  })
})
