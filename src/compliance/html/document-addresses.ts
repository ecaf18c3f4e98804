import type { DocumentName } from '../requirements.js'

/** Where documents can be read. Nothing is fetched from there: the report links to them. */
export const DOCUMENT_ADDRESSES: Readonly<Partial<Record<DocumentName, string>>> = {
  'FIPS 140-3': 'https://doi.org/10.6028/NIST.FIPS.140-3',
  'FIPS 186-5': 'https://doi.org/10.6028/NIST.FIPS.186-5',
  'FIPS 197': 'https://doi.org/10.6028/NIST.FIPS.197-upd1',
  'FIPS 198-1': 'https://doi.org/10.6028/NIST.FIPS.198-1',
  'RFC 5649': 'https://www.rfc-editor.org/rfc/rfc5649',
  'RFC 8017': 'https://www.rfc-editor.org/rfc/rfc8017',
  'SP 800-38D': 'https://doi.org/10.6028/NIST.SP.800-38D',
  'SP 800-38F': 'https://doi.org/10.6028/NIST.SP.800-38F',
  'SP 800-52 rev 2': 'https://doi.org/10.6028/NIST.SP.800-52r2',
  'SP 800-56B rev 2': 'https://doi.org/10.6028/NIST.SP.800-56Br2',
  'SP 800-57 part 1 rev 5': 'https://doi.org/10.6028/NIST.SP.800-57pt1r5',
  'SP 800-90B': 'https://doi.org/10.6028/NIST.SP.800-90B',
  'SP 800-131A rev 2': 'https://doi.org/10.6028/NIST.SP.800-131Ar2',
  'SP 800-133 rev 2': 'https://doi.org/10.6028/NIST.SP.800-133r2',
  'SP 800-218': 'https://doi.org/10.6028/NIST.SP.800-218',
  'PCI DSS 4.0': 'https://www.pcisecuritystandards.org/document_library/',
  'PKCS#11 v3.1': 'https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/os/pkcs11-spec-v3.1-os.html',
  'Clulow 2003': 'https://doi.org/10.1007/978-3-540-45238-6_32',
  'Tookan 2010': 'https://doi.org/10.1145/1866307.1866337',
  'ECMA-424': 'https://ecma-international.org/publications-and-standards/standards/ecma-424/',
}
