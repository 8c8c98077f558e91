/** Instead of src/demo/own-program.ts: both relays are this executable. */

/** What the executable gets to be the program of a role, without the configuration file. */
export function ownProgram(role: 'client' | 'server'): readonly string[] {
  return [role];
}
