/** One chain of the audit log, verified. Times in milliseconds since 1970. */
export interface ChainSeen {
  readonly writer: string
  readonly records: number
  readonly events: number
  /** The last record that the HSM has vouched for. */
  readonly signedRecords: number
  /** Whether its writer has ended it. */
  readonly closed: boolean
  /** Whether half a record stands at its end. */
  readonly torn: boolean
  readonly firstAt: number
  readonly lastAt: number
  /** The first place that is not as it was written, in a sentence. */
  readonly flaw: string | undefined
  /** How often the clock went back, and by how many milliseconds at most. */
  readonly clockBack: { readonly times: number; readonly mostMs: number }
  /** Records of a time that was still to come when they were read. */
  readonly inFuture: number
}

/** The audit log, verified with the public key that the token itself gave out. */
export interface AuditLogSeen {
  readonly now: number
  readonly chains: readonly ChainSeen[]
  /** Whether the public key in the folder is that of the audit key on the token; nothing where there is none. */
  readonly keyFits: boolean | undefined
  /** Pause between two signatures, in milliseconds. */
  readonly checkpointMs: number
}
