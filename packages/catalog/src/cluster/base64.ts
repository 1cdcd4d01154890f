/** Base64 of UTF-8 texts, as the data of Secrets has it. */

const ascii = /^[\0-\x7f]*$/;

export function encodeBase64(text: string): string {
  // Certificates and most passwords are such, and every call encodes some.
  if (ascii.test(text)) return btoa(text);
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}

/** The text, or nothing where it isn't base64 of UTF-8. */
export function decodeBase64(encoded: string): string {
  try {
    const bytes = atob(encoded);
    if (ascii.test(bytes)) return bytes;
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes, byte => byte.codePointAt(0) ?? 0));
  } catch {
    return '';
  }
}
