/** Why an agent ended, from a closed set. */
export type EndReason = 'crashed' | 'hung' | 'sick' | 'recycled' | 'doubted' | 'refused' | 'closed'

/** Ends that nobody waits for: another agent is ready, or none is wanted. */
export const PLANNED_ENDS: ReadonlySet<EndReason> = new Set(['recycled', 'doubted', 'closed'])
