/**
 * A `pg` client that proves the server before it trusts it: SCRAM-SHA-256 or nothing. It never answers a request for a
 * cleartext or MD5 password, and never accepts a server that skips authentication: whoever holds a port may be an impostor.
 */
import pg from 'pg';
import { boundAnswers } from './bound.ts';

/** What `pg` calls when the server asks for, or ends, authentication. Not in its types; a test with a hostile server guards them. */
interface AuthenticationHooks {
  _handleAuthCleartextPassword(message: unknown): void;
  _handleAuthMD5Password(message: unknown): void;
  _handleAuthSASLFinal(message: unknown): void;
  _handleReadyForQuery(message: unknown): void;
  connection: { emit(event: 'error', error: Error): void; stream: { destroy(): void } };
}

const hooks = pg.Client.prototype as unknown as AuthenticationHooks;

export interface ScramClientConfig extends pg.ClientConfig {
  /** Of one answer; a longer one ends the session. @default Infinity, once logged in */
  answerBytes?: number;
}

export class ScramClient extends pg.Client {
  private serverProved = false;

  constructor(config: ScramClientConfig) {
    super(config);
    boundAnswers(
      (this as unknown as { connection: Parameters<typeof boundAnswers>[0] }).connection,
      config.answerBytes ?? Infinity,
    );
  }

  _handleAuthCleartextPassword(): void {
    this.refuse('asked for a cleartext password');
  }

  _handleAuthMD5Password(): void {
    this.refuse('asked for an MD5 password');
  }

  _handleAuthSASLFinal(message: unknown): void {
    hooks._handleAuthSASLFinal.call(this, message);
    // `pg` empties the session only when the server's signature was right.
    this.serverProved = (this as unknown as { saslSession: unknown }).saslSession === null;
  }

  _handleReadyForQuery(message: unknown): void {
    if (!this.serverProved) return this.refuse('did not prove that it knows the password');
    hooks._handleReadyForQuery.call(this, message);
  }

  /** What is under way fails at once. */
  abandon(): void {
    (this as unknown as AuthenticationHooks).connection.stream.destroy();
  }

  private refuse(what: string): void {
    const { connection } = this as unknown as AuthenticationHooks;
    connection.emit('error', new Error(`the server ${what}: it is not the one that was started here`));
    connection.stream.destroy();
  }
}
