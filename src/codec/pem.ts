const LINE = /.{1,64}/g

/** Writes DER as PEM (RFC 7468), with the CRLF line ends that the API documents. */
export function encodePem(label: string, der: Uint8Array): string {
  const text = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64')
  return [
    `-----BEGIN ${label}-----`,
    ...(text.match(LINE) ?? []),
    `-----END ${label}-----`,
    '',
  ].join('\r\n')
}
