/** Counts end here: that there are so many says enough, and costs the database no more. */
export const OUTLOOK_COUNT_LIMIT = 1000

/** What lies ahead, and what should be done already. Times in milliseconds since 1970; counts go up to 1000. */
export interface Outlook {
  /** Items of due work, whoever of the replicas is at them. */
  readonly due: number
  /** Those of them that have been due for longer than is usual. */
  readonly overdue: number
  /** Since when the oldest of them has been due. */
  readonly oldestDueAt: number | undefined
  /** When the next imported material lapses. */
  readonly materialExpiresAt: number | undefined
  /** CMKs with imported material that lapses soon. */
  readonly materialExpiring: number
  /** Pairs for imports that can be used. */
  readonly importParameters: number
  /** When the first of them expires. */
  readonly importParametersExpireAt: number | undefined
}

/** Port: looks ahead for those who watch the service. */
export interface OutlookStore {
  /**
   * @param request - milliseconds since 1970: the time now, since when an item must have been due to be overdue, and until
   * when material lapses soon
   */
  look(request: {
    readonly now: number
    readonly overdueSince: number
    readonly soon: number
  }): Promise<Outlook>
}
