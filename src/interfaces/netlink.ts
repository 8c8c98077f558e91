/**
 * The kernel's own interface, if this process can have it: not on other systems, nor where the FFI has no
 * binary for the platform. Its absence costs the states of addresses, and 100 ms until a change is seen.
 */
export const netlink = process.platform === 'linux' ? await load() : undefined;

async function load() {
  try {
    return await import('../linux/index.ts');
  } catch {
    return undefined;
  }
}
