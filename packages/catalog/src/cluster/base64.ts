/** Base64 of UTF-8 texts, as the data of Secrets has it. */

export function encodeBase64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}

/** The text, or nothing where it isn't base64 of UTF-8. */
export function decodeBase64(encoded: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(
      Uint8Array.from(atob(encoded), byte => byte.codePointAt(0) ?? 0),
    );
  } catch {
    return '';
  }
}
