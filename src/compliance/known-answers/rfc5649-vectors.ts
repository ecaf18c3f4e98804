import { type VectorCase, hexBytes } from './vector-case.js'

/** The two vectors of RFC 5649 section 6, each wrapped and unwrapped. */
export const RFC_5649_VECTORS: readonly VectorCase[] = [
  ...both({
    name: '20 bytes',
    secret: 'c37b7e6492584340bed12207808941155068f738',
    wrapped: '138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a',
  }),
  ...both({
    name: '7 bytes',
    secret: '466f7250617369',
    wrapped: 'afbeb0f07dfbf5419200f2ccb50bb24f',
  }),
]

function both(row: {
  readonly name: string
  readonly secret: string
  readonly wrapped: string
}): readonly VectorCase[] {
  const kek = hexBytes('5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8')
  const [secret, wrapped] = [hexBytes(row.secret), hexBytes(row.wrapped)]
  const common = { algorithm: 'kwp', source: 'RFC 5649 section 6', validity: 'valid' } as const
  return [
    {
      ...common,
      name: `${row.name}, unwrap`,
      question: { form: 'kwp-unwrap', kek, wrapped },
      expected: secret,
    },
    {
      ...common,
      name: `${row.name}, wrap`,
      question: { form: 'kwp-wrap', kek, secret },
      expected: wrapped,
    },
  ]
}
