/** The SQL of a step. */
import { quoteIdentifier as id, quoteLiteral } from '@larder/driver';
import { MEMBERSHIP_OPTIONS } from './facts.ts';
import type { RoleStep } from './plan.ts';

export interface StatementOptions {
  /** What a role that is made here is marked with. */
  mark: string;
  /** `server_version_num`. */
  version: number;
}

export function statementOf(step: RoleStep, { mark, version }: StatementOptions): string {
  switch (step.do) {
    case 'create':
      // Made and marked in one transaction: a role without a mark is never ours.
      return `CREATE ROLE ${id(step.role)}; ${markStatement(step.role, mark)}`;
    case 'alter':
      return `ALTER ROLE ${id(step.role)} ${step.set.join(' ')}`;
    case 'grant':
      return `GRANT ${id(step.role)} TO ${id(step.member)}${version >= MEMBERSHIP_OPTIONS ? ' WITH INHERIT TRUE, SET TRUE' : ''}`;
    case 'revoke':
      return `REVOKE ${id(step.role)} FROM ${id(step.member)}`;
    case 'begin as':
      return `ALTER ROLE ${id(step.role)}${inDatabase(step.database)} SET role = ${quoteLiteral(step.as)}`;
    case 'begin as itself':
      return `ALTER ROLE ${id(step.role)}${inDatabase(step.database)} RESET role`;
  }
}

export function markStatement(role: string, mark: string): string {
  return `COMMENT ON ROLE ${id(role)} IS ${quoteLiteral(mark)}`;
}

export function passwordStatement(role: string, verifier: string): string {
  return `ALTER ROLE ${id(role)} PASSWORD ${quoteLiteral(verifier)}`;
}

function inDatabase(database: string): string {
  return database === '' ? '' : ` IN DATABASE ${id(database)}`;
}
