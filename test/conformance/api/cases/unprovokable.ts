import type { Unprovokable } from '../case.js'

/** Codes that no request of a client brings about, whichever operation it calls. */
export const OF_EVERY_OPERATION: Unprovokable = {
  'KMS.0101': 'a fault of the service itself; faults are injected in tests of their own',
  'KMS.0104': 'the token or the database is away; tests of their own take them away',
}

/** Codes that cannot be brought about on one operation: `operation code`, and why. */
export const OF_ONE_OPERATION: Unprovokable = {}
