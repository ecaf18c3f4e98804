import { createHash } from 'node:crypto'
import type { BuildSeen, PackageSeen } from './build-seen.js'

/**
 * The bill of materials of a build: CycloneDX 1.6 (ECMA-424) as JSON. Two of the same build are the same bytes but for
 * the time: the serial number is made of what they hold.
 */
export function billOfMaterials(build: BuildSeen, now: number): string {
  const { name, version, packages, node, openssl } = build
  const components = [
    ...packages.map(componentOf),
    runtime('node', node),
    runtime('openssl', openssl),
  ]
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify({ name, version, components }))}`,
    version: 1,
    metadata: {
      timestamp: new Date(now).toISOString(),
      lifecycles: [{ phase: 'operations' }],
      component: {
        type: 'application',
        'bom-ref': `${name}@${version}`,
        name,
        version,
        properties: [{ name: `${name}:lock-file-sha256`, value: build.lockSha256 }],
      },
    },
    components,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function componentOf({ name, version, integrity, licence, optional }: PackageSeen): object {
  const purl = purlOf(name, version)
  const hash = hashOf(integrity)
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    scope: optional ? 'optional' : 'required',
    ...(hash && { hashes: [hash] }),
    ...(licence !== undefined && { licenses: [licenceOf(licence)] }),
    purl,
  }
}

/** An expression of several licences has another member than the id of one: CycloneDX 1.6, licenseChoice. */
function licenceOf(licence: string): object {
  if (/\s/.test(licence)) return { expression: licence }
  return { license: { id: licence } }
}

function runtime(name: string, version: string): object {
  return { type: 'platform', 'bom-ref': `${name}@${version}`, name, version, scope: 'required' }
}

/** A package URL: the at sign of a scope is encoded, its slash is not. */
function purlOf(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${encodeURIComponent(version)}`
}

function hashOf(integrity: string | undefined): object | undefined {
  const [, base64] = /^sha512-([A-Za-z0-9+/=]+)/.exec(integrity ?? '') ?? []
  if (base64 === undefined) return undefined
  return { alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }
}

/** A name-based UUID, RFC 9562 section 5.8: version 8, of SHA-256. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [0, 8, 12, 16, 20].map((at, index) => hex.slice(at, [8, 12, 16, 20, 32][index])).join('-')
}
