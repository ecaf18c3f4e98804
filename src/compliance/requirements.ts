/*
 * The documents that checks serve, and of each the clauses that a check may name. The list is closed, so that a report
 * can say of each clause which checks serve it, and which clauses none does.
 */

interface DocumentRow {
  readonly title: string
  /** What each clause is about, in a few words, by its number or name. */
  readonly clauses: Readonly<Record<string, string>>
}

/** Every document, by the name that a requirement gives it. */
export const DOCUMENTS = {
  'FIPS 140-3': {
    title: 'Security Requirements for Cryptographic Modules, by sections of ISO/IEC 19790:2012',
    clauses: {
      '7.2.3': 'cryptographic boundary',
      '7.2.4': 'modes of operation',
      '7.4': 'roles, services and authentication',
      '7.4.4': 'authentication',
      '7.5': 'software and firmware security',
      '7.9.1': 'sensitive security parameters: protection, substitution',
      '7.9.2': 'random bit generators',
      '7.9.3': 'generation of sensitive security parameters',
      '7.9.5': 'entry and output of sensitive security parameters',
      '7.9.6': 'storage of sensitive security parameters',
      '7.9.7': 'zeroisation of sensitive security parameters',
      '7.10.3': 'conditional self-tests',
      '7.12': 'mitigation of other attacks',
    },
  },
  'FIPS 186-5': {
    title: 'Digital Signature Standard',
    clauses: { '5.4': 'RSA signatures', '6': 'ECDSA', '7': 'EdDSA' },
  },
  'FIPS 197': { title: 'Advanced Encryption Standard', clauses: { '5': 'algorithm' } },
  'FIPS 198-1': { title: 'Keyed-Hash Message Authentication Code', clauses: { '4': 'HMAC' } },
  'RFC 5649': {
    title: 'AES Key Wrap with Padding Algorithm',
    clauses: {
      '3': 'alternative initial value',
      '4.1': 'wrapping',
      '4.2': 'unwrapping',
      '6': 'test vectors',
    },
  },
  'RFC 8017': {
    title: 'PKCS #1: RSA Cryptography Specifications Version 2.2',
    clauses: { '8.1': 'RSASSA-PSS', '8.2': 'RSASSA-PKCS1-v1_5' },
  },
  'SP 800-38D': {
    title: 'Galois/Counter Mode (GCM) and GMAC',
    clauses: {
      '7.1': 'authenticated encryption',
      '7.2': 'authenticated decryption',
      '8.2': 'construction of IVs',
      '8.3': 'number of invocations under one key',
    },
  },
  'SP 800-38F': {
    title: 'Methods for Key Wrapping',
    clauses: { '5': 'requirements on wrapping keys', '6.3': 'KWP: KWP-AE and KWP-AD' },
  },
  'SP 800-52 rev 2': {
    title: 'Guidelines for TLS Implementations',
    clauses: { '3.1': 'protocol versions', '3.2': 'server certificates', '3.3': 'cipher suites' },
  },
  'SP 800-56B rev 2': {
    title: 'Pair-Wise Key Establishment Using Integer Factorization Cryptography',
    clauses: { '9': 'key transport' },
  },
  'SP 800-57 part 1 rev 5': {
    title: 'Recommendation for Key Management: General',
    clauses: {
      '5.2': 'one key, one use',
      '5.3': 'cryptoperiods',
      '5.6': 'algorithms and key sizes',
      '6.1': 'protection of keys',
      '6.2': 'protection and association of stored keys',
      '7': 'key states and transitions',
      '8.2': 'operational phase, key change',
      '8.3': 'post-operational phase, destruction',
      '9.1': 'accountability',
      '9.2': 'audit',
    },
  },
  'SP 800-90B': {
    title: 'Entropy Sources Used for Random Bit Generation',
    clauses: {
      '4.3': 'requirements on health tests',
      '4.4.1': 'repetition count test',
      '4.4.2': 'adaptive proportion test',
    },
  },
  'SP 800-131A rev 2': {
    title: 'Transitioning the Use of Cryptographic Algorithms and Key Lengths',
    clauses: {
      '2': 'encryption',
      '3': 'digital signatures',
      '5': 'key agreement',
      '6': 'key transport with RSA',
      '7': 'key wrapping',
      '9': 'hash functions',
      '10': 'message authentication codes',
    },
  },
  'SP 800-133 rev 2': {
    title: 'Recommendation for Cryptographic Key Generation',
    clauses: { '4': 'generation of random keys', '5': 'key pairs', '6': 'symmetric keys' },
  },
  'SP 800-218': {
    title: 'Secure Software Development Framework',
    clauses: {
      'PS.3.2': 'provenance of the components of a release',
      'PW.4.1': 'well-secured components',
      'RV.1.1': 'known vulnerabilities are looked for',
    },
  },
  'PCI DSS 4.0': {
    title: 'Payment Card Industry Data Security Standard',
    clauses: {
      '3.6.1': 'procedures that protect keys',
      '3.6.1.1': 'documented cryptographic architecture',
      '3.6.1.2': 'storage of secret and private keys',
      '3.6.1.3': 'access to keys by the fewest custodians',
      '3.6.1.4': 'keys in the fewest locations',
      '3.7.1': 'generation of strong keys',
      '3.7.2': 'secure distribution of keys',
      '3.7.3': 'secure storage of keys',
      '3.7.4': 'key changes at the end of the cryptoperiod',
      '3.7.5': 'retirement, replacement and destruction of keys',
      '3.7.7': 'no unauthorised substitution of keys',
      '4.2.1': 'strong cryptography in transmission',
      '6.3.1': 'known vulnerabilities',
      '6.3.2': 'inventory of software components',
      '7.2.1': 'access control model',
      '7.2.2': 'least privilege',
      '7.2.5': 'application and system accounts',
      '8.2.6': 'inactive accounts',
      '8.6.3': 'changes of credentials of applications',
      '10.2.1': 'audit log',
      '10.3.2': 'audit log protected from changes',
      '10.3.4': 'changes of the audit log are detected',
      '10.6.1': 'clocks',
      '12.3.3': 'cipher suites and protocols in use are known',
    },
  },
  'PKCS#11 v3.1': {
    title: 'PKCS #11 Specification Version 3.1, OASIS',
    clauses: {
      '3.2': 'CK_TOKEN_INFO',
      '4.4': 'CKA_TOKEN, PRIVATE, MODIFIABLE, LABEL, COPYABLE',
      '4.7': 'CKA_ID, KEY_TYPE, LOCAL, DERIVE',
      '4.9': 'private key objects: CKA_SENSITIVE, EXTRACTABLE and usage',
      '4.10': 'secret key objects: CKA_SENSITIVE, EXTRACTABLE and usage',
      '5.7.1': 'C_CreateObject',
      '5.7.2': 'C_CopyObject',
      '5.7.5': 'C_GetAttributeValue',
      '5.7.6': 'C_SetAttributeValue',
      '5.18.3': 'C_WrapKey',
      '5.18.4': 'C_UnwrapKey',
      '5.19': 'C_GenerateRandom',
      '6.1': 'RSA mechanisms',
      '6.3': 'elliptic curve mechanisms',
      '6.13': 'AES-GCM',
    },
  },
  'Clulow 2003': {
    title: 'J. Clulow: On the Security of PKCS #11, CHES 2003',
    clauses: {
      'wrap and decrypt': 'a key that both wraps and decrypts gives keys away',
      'key conjuring': 'unwrapping of bytes that nobody wrapped',
      're-import': 'an unwrapped key with other attributes than it had',
      'weak wrapping key': 'a strong key under a weaker one',
      'reduced key space': 'parts of a key under a mechanism that wraps parts',
      'trojan key': 'a wrapping key that is known outside',
    },
  },
  'Tookan 2010': {
    title:
      'M. Bortolozzo, M. Centenaro, R. Focardi, G. Steel: Attacking and Fixing PKCS#11 Security Tokens, CCS 2010',
    clauses: {
      A1: 'wrap and decrypt',
      A2: 'wrap and decrypt with a public key',
      A3: 'sensitive keys are readable',
      A4: 'unextractable keys are readable',
      A5: 'sensitive and unextractable keys can be loosened',
    },
  },
  'ECMA-424': {
    title: 'CycloneDX Bill of Materials, 1.6',
    clauses: { '1.6': 'bill of materials' },
  },
} as const satisfies Readonly<Record<string, DocumentRow>>

type Documents = typeof DOCUMENTS

/** Name of one of {@link DOCUMENTS}. */
export type DocumentName = keyof Documents

/** Number or name of a clause of a document. */
export type Clause<Name extends DocumentName> = keyof Documents[Name]['clauses'] & string

/** A clause of a document that a check serves. */
export interface Requirement {
  readonly document: DocumentName
  readonly clause: string
}

/** Clauses of one document, as requirements: the compiler knows which there are. */
export function serves<Name extends DocumentName>(
  document: Name,
  ...clauses: readonly Clause<Name>[]
): readonly Requirement[] {
  return clauses.map((clause) => ({ document, clause }))
}

/** Requirements in one line for a person: `FIPS 140-3 7.9.1, 7.9.5; SP 800-38F 6.3`. */
export function requirementsLine(requirements: readonly Requirement[]): string {
  const clauses = new Map<DocumentName, string[]>()
  for (const { document, clause } of requirements) {
    const known = clauses.get(document)
    if (known) known.push(clause)
    else clauses.set(document, [clause])
  }
  return [...clauses].map(([document, all]) => `${document} ${all.join(', ')}`).join('; ')
}
