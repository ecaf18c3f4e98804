/** Texts that somebody may have put on a token to get out of the place where a page shows them. */
export const HOSTILE: readonly string[] = [
  '</title><script>alert(1)</script>',
  '</style><script>alert(2)</script>',
  '"><img src=x onerror=alert(3)>',
  "' onmouseover='alert(4)",
  '<svg/onload=alert(5)>',
  '<style>*{display:none}</style>',
  '<base href=https://example.invalid/>',
  '<meta http-equiv=refresh content="0;url=https://example.invalid/">',
  'javascript:alert(6)',
  '&lt;script&gt;alert(7)&lt;/script&gt;&#60;b&#62;',
  '<!-- --!> ]]> -->',
  '`${alert(8)}`',
  '\u0000\u0007\u001b[2J\u009b31m',
  '\u202Ereversed\u202C\u2066\u2069',
  '\uD800\uDFFF\uFFFE',
  'a\r\nb\tc',
]
