/** Carries out what was planned for the roles of a claim, in one transaction where the rights are whole, else as far as they go. */
import type { PostgresRole } from '@larder/catalog';
import { quoteIdentifier, type Session } from '@larder/driver';
import { isPostgresError } from '../access/trouble.ts';
import { markOf } from '../mark.ts';
import type { MyRights } from './facts.ts';
import type { NewVerifier } from './password.ts';
import type { RoleStep } from './plan.ts';
import { statementOf } from './statement.ts';

export interface Changes {
  steps: RoleStep[];
  password: NewVerifier | undefined;
  mine: MyRights;
}

/** What was not to be had, one sentence each. @throws the server's error when a role or password can't be made, or for a superuser's statement */
export async function applyRoles(
  session: Session,
  role: PostgresRole,
  { steps, password, mine }: Changes,
): Promise<string[]> {
  const statements = steps.map(step => statementOf(step, { mark: markOf(role), version: mine.version }));
  const last = password ? [password.statement] : [];
  if (mine.superuser) {
    await session.rows([...statements, ...last].join('; '));
    return [];
  }
  const problems: string[] = [];
  for (const [index, step] of steps.entries()) {
    await session.rows(statements[index] ?? '').catch((error: unknown) => {
      if (step.do === 'create' || !isPostgresError(error)) throw error;
      problems.push(`${describe(step)}: ${error.message}`);
    });
  }
  for (const statement of last) await session.rows(statement);
  return problems;
}

function describe(step: RoleStep): string {
  switch (step.do) {
    case 'create':
      return `creating ${quoteIdentifier(step.role)}`;
    case 'alter':
      return `${step.set.join(', ')} for ${quoteIdentifier(step.role)}`;
    case 'grant':
      return `membership of ${quoteIdentifier(step.member)} in ${quoteIdentifier(step.role)}`;
    case 'revoke':
      return `taking ${quoteIdentifier(step.member)} out of ${quoteIdentifier(step.role)}`;
    case 'begin as':
    case 'begin as itself':
      return `the role that sessions of ${quoteIdentifier(step.role)} begin with`;
  }
}
