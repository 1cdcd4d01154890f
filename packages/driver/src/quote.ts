/** Names and texts inside SQL that can't take parameters (DDL). */
import { escapeIdentifier, escapeLiteral } from 'pg';

const NAME_BYTES = 63;

/** An identifier in double quotes. @throws Error when PostgreSQL would cut it short, or can't hold it */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0'))
    throw new Error(`${JSON.stringify(name)} is no name that PostgreSQL can hold`);
  if (Buffer.byteLength(name) > NAME_BYTES) {
    throw new Error(`the name "${name}" is longer than PostgreSQL's ${NAME_BYTES} bytes: choose a shorter one`);
  }
  return escapeIdentifier(name);
}

/** A text literal. @throws Error for a NUL, which no PostgreSQL text can hold */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new Error('a NUL character cannot be stored in PostgreSQL');
  return escapeLiteral(text);
}
