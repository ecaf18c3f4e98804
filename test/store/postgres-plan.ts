/** One step of a plan, as EXPLAIN (FORMAT JSON) tells it. */
export interface PlanStep {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Plans?: readonly PlanStep[]
}

/** Tables that may be long; the others are read as a whole when that is cheaper than their index. */
const LONG: ReadonlySet<string> = new Set(['cmk', 'cmk_version', 'tag', 'alias', 'cmk_grant'])

/** Steps that read a long table as a whole, or sort. */
export function flawsOf(step: PlanStep): readonly string[] {
  const { 'Node Type': type, 'Relation Name': table = '', Plans: below = [] } = step
  const isFlaw = type.includes('Sort') || (type === 'Seq Scan' && LONG.has(table))
  return [...(isFlaw ? [`${type} ${table}`] : []), ...below.flatMap(flawsOf)]
}
