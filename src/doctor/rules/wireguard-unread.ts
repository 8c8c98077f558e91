/** WireGuard interfaces that the doctor could not look into. */
import type { Facts } from '../facts.ts';
import { type Finding, found } from '../finding.ts';

export function unreadNotes({ wireguard }: Facts): Finding[] {
  return wireguard.unread.map(({ name, why }) =>
    found(
      'note',
      'wireguard-unread',
      `cannot see what WireGuard is set to: ${why}`,
      'install wireguard-tools, and run as root: sudo rengarde doctor',
      name,
    ),
  );
}
