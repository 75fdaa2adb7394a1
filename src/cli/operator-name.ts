/** Who an operator is, for the event log. */
import { userInfo } from 'node:os';

/** The user of this process, as `operator:ada`. */
export function operatorName(): string {
  try {
    return `operator:${userInfo().username}`;
  } catch {
    return 'operator:unknown';
  }
}
