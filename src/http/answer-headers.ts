/** Names and values, as they alternate in a list. */
export type HeaderList = readonly string[]

/** Headers of every answer, also of those to bytes that are no HTTP. */
export const EVERY_ANSWER: HeaderList = [
  // Answers may hold clear data keys: nobody on the way keeps them.
  'Cache-Control',
  'no-store',
  // Nothing that is answered is a page: a browser that is led here shall do nothing with it.
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy',
  'no-referrer',
]

/** A year, for clients that honour it (RFC 6797). */
export const OVER_TLS: HeaderList = ['Strict-Transport-Security', 'max-age=31536000']
