/** WireGuard interfaces that the doctor could not look into. */
import type { Facts } from '../facts.ts';
import { type Finding, found } from '../finding.ts';

const AS_ROOT = 'run as root: sudo rengarde doctor';

export function unreadNotes({ wireguard }: Facts): Finding[] {
  return wireguard.unread.map(({ name, why }) =>
    found(
      'note',
      'wireguard-unread',
      `cannot see what WireGuard is set to: ${why}`,
      /permi/i.test(why) ? AS_ROOT : `install wireguard-tools, and ${AS_ROOT}`,
      name,
    ),
  );
}
