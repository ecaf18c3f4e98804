import { createHash } from 'node:crypto'
import type { CheckDefinition, CheckResult, Finding } from '../check.js'
import type { Figure } from '../figure.js'
import { serves } from '../requirements.js'
import { type Seen, concludeSeen } from '../seen.js'
import {
  type DissectedFrame,
  datakeyTag,
  dissectDataFrame,
  dissectDatakeyFrame,
  opensslOpen,
  opensslUnwrap,
} from './independent-frame.js'
import type { FrameForm, MadeFrame, TriedFrames } from './try-frames.js'

const UNDER =
  'Frames are made by the code that serves, under a throw-away CMK and binding key of known values that were imported into the token;'

const LAYOUT: CheckDefinition = {
  id: 'CIPHERTEXT-LAYOUT',
  suite: 'ciphertext',
  title: 'Every field of a frame is where and what it is documented to be',
  requirements: [...serves('PCI DSS 4.0', '3.6.1.1'), ...serves('SP 800-57 part 1 rev 5', '6.2')],
  method: `${UNDER} code that shares nothing with the service takes them apart by docs/ciphertext.md.`,
}
const WRAP: CheckDefinition = {
  id: 'CIPHERTEXT-WRAP',
  suite: 'ciphertext',
  title: 'What the token wrapped and sealed, OpenSSL opens',
  requirements: [
    ...serves('SP 800-38F', '6.3'),
    ...serves('RFC 5649', '4.1', '4.2'),
    ...serves('SP 800-38D', '7.1', '8.2'),
  ],
  method: `${UNDER} OpenSSL unwraps them under the same key (id-aes256-wrap-pad), and opens texts by AES-256-GCM.`,
}
const TAG: CheckDefinition = {
  id: 'CIPHERTEXT-TAG',
  suite: 'ciphertext',
  title: 'The tag binds header, wrap, key and context',
  requirements: [...serves('FIPS 198-1', '4'), ...serves('FIPS 140-3', '7.9.1')],
  method: `${UNDER} the tag is computed again by OpenSSL from the documented bytes.`,
}
const MUTATION: CheckDefinition = {
  id: 'CIPHERTEXT-MUTATION',
  suite: 'ciphertext',
  title: 'A frame with any byte changed does not open',
  requirements: [
    ...serves('SP 800-38F', '6.3'),
    ...serves('SP 800-38D', '7.2'),
    ...serves('FIPS 140-3', '7.9.1'),
  ],
  method: `${UNDER} each byte is changed in its turn, as it is and with the checksum made right again, and the frame opened through the token.`,
}
const RAW: CheckDefinition = {
  id: 'CIPHERTEXT-UNWRAP-INTEGRITY',
  suite: 'ciphertext',
  title: 'The token itself refuses a wrap with any byte changed',
  requirements: [...serves('SP 800-38F', '6.3'), ...serves('RFC 5649', '3')],
  method: `${UNDER} each byte of a wrap is changed in its turn, and the wrap given to C_UnwrapKey without any tag.`,
}

const NAMES: Readonly<Record<FrameForm, string>> = {
  sealed: 'data key of the caller',
  drawn: 'data key drawn and shown',
  generated: 'data key that nobody saw',
  text: 'text',
}

/** Judges the frames that were made, and what came of their mutations. */
export function judgeFrames(seen: Seen<TriedFrames>): readonly CheckResult[] {
  return [
    concludeSeen(LAYOUT, seen, (tried) => ({
      findings: tried.frames.map((frame) => judgeLayout(tried, frame)),
      figures: figuresOf(tried),
    })),
    concludeSeen(WRAP, seen, (tried) => ({
      findings: tried.frames.map((frame) => judgeWrap(tried, frame)),
    })),
    concludeSeen(TAG, seen, (tried) => ({
      findings: tried.frames
        .filter(({ form }) => form !== 'text')
        .map((frame) => judgeTag(tried, frame)),
    })),
    concludeSeen(MUTATION, seen, judgeMutations),
    concludeSeen(RAW, seen, judgeRaw),
  ]
}

function dissect({ keys }: TriedFrames, { form, bytes, length }: MadeFrame): DissectedFrame {
  const facts = { ...keys, length }
  return form === 'text' ? dissectDataFrame(bytes, facts) : dissectDatakeyFrame(bytes, facts)
}

function judgeLayout(tried: TriedFrames, frame: MadeFrame): Finding {
  const { fields } = dissect(tried, frame)
  const wrong = fields.filter(({ hex, wanted }) => wanted !== undefined && wanted !== hex)
  const subject = subjectOf(frame)
  if (wrong.length === 0) return { subject, observed: 'as documented', verdict: 'pass' }
  const reason = wrong.map(({ name, offset }) => `${name} at byte ${offset}`).join(', ')
  return { subject, observed: 'other fields', verdict: 'fail', reason }
}

function judgeWrap(tried: TriedFrames, frame: MadeFrame): Finding {
  const subject = subjectOf(frame)
  const dissected = dissect(tried, frame)
  try {
    const inner = opensslUnwrap(tried.keys.wrapping, dissected.wrapped)
    const clear = frame.form === 'text' ? opensslOpen(inner, dissected, frame.context) : inner
    const padded = clear.subarray(frame.length)
    const fits =
      clear.length >= frame.length && padded.length < 8 && padded.every((byte) => byte === 0)
    const digest = createHash('sha256').update(clear.subarray(0, frame.length)).digest('hex')
    clear.fill(0)
    if (fits && (frame.digest ?? digest) === digest) {
      return { subject, observed: 'opens to the same', verdict: 'pass' }
    }
    return { subject, observed: 'opens to something else', verdict: 'fail' }
  } catch {
    return { subject, observed: 'OpenSSL does not open it', verdict: 'fail' }
  }
}

function judgeTag(tried: TriedFrames, frame: MadeFrame): Finding {
  const subject = subjectOf(frame)
  const dissected = dissect(tried, frame)
  // Nobody's secret any more: the key was destroyed, so there is nothing to measure.
  const fits = datakeyTag(tried.keys.binding, dissected, frame.context).equals(dissected.rest)
  return fits
    ? { subject, observed: 'computed again', verdict: 'pass' }
    : { subject, observed: 'another tag', verdict: 'fail' }
}

function judgeMutations({ mutations }: TriedFrames) {
  const findings = mutations.flatMap(({ form, tries }) =>
    (['as-is', 'checksum'] as const).map((kind): Finding => {
      const own = tries.filter((one) => one.kind === kind)
      const opened = own.filter(({ refused }) => !refused).map(({ offset }) => offset)
      const how = kind === 'as-is' ? 'changed as it is' : 'changed, checksum made right'
      const subject = `${NAMES[form]}, ${how}`
      if (own.length > 0 && opened.length === 0) {
        return { subject, observed: `all ${own.length} refused`, verdict: 'pass' }
      }
      const reason = own.length === 0 ? 'nothing was tried' : `bytes ${opened.join(', ')}`
      return {
        subject,
        observed: `${opened.length} of ${own.length} opened`,
        verdict: 'fail',
        reason,
      }
    }),
  )
  return { findings }
}

function judgeRaw({ rawUnwraps }: TriedFrames) {
  const opened = rawUnwraps.flatMap(({ outcome }, offset) =>
    outcome === 'refused' ? [] : [offset],
  )
  const all = rawUnwraps.length
  const passes = all > 0 && opened.length === 0
  const finding: Finding = {
    subject: `${all} wraps with one byte changed`,
    observed: passes ? `all ${all} refused` : `${opened.length} of ${all} not refused`,
    verdict: passes ? 'pass' : 'fail',
    ...(passes ? {} : { reason: `bytes ${opened.join(', ')}` }),
  }
  return { findings: [finding] }
}

function figuresOf(tried: TriedFrames): readonly Figure[] {
  const shown = tried.frames.filter(
    ({ form, length }) => length === 32 && (form === 'sealed' || form === 'text'),
  )
  const samples = shown.filter(
    ({ form }, index) => shown.findIndex((frame) => frame.form === form) === index,
  )
  return samples.map((frame) => ({
    kind: 'table',
    title: `A frame field by field: ${subjectOf(frame)}`,
    columns: ['offset', 'field', 'bytes', 'as documented'],
    rows: dissect(tried, frame).fields.map(({ offset, name, hex, wanted }) => [
      offset,
      name,
      hex,
      wanted === undefined ? 'not fixed' : wanted === hex ? 'yes' : 'no',
    ]),
  }))
}

function subjectOf({ form, length, context }: MadeFrame): string {
  return `${NAMES[form]}, ${length} bytes, ${context.length > 1 ? 'with' : 'without'} context`
}
