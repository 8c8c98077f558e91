/** Comparing `uname -r`. */

/** Whether the release is that version or later; an unreadable one counts as new. */
export function isAtLeast(release: string, major: number, minor: number): boolean {
  const [, foundMajor, foundMinor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  if (foundMajor === undefined || foundMinor === undefined) return true;
  return Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor);
}
