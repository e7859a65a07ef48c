/**
 * Versions of a resource as HTTP validators (RFC 7644 3.14): weak, because what the service adds to a resource (groups
 * of a user, the drift extension) may change without a new version of what the client wrote.
 */
export function etag(version: number): string {
  return `W/"${version}"`;
}

/** Whether a list of entity tags, or `*`, names the version; compared weakly (RFC 9110 8.8.3.2). */
export function namesVersion(header: string, version: number): boolean {
  const wanted = `"${version}"`;
  return header.split(',').some((each) => {
    const tag = each.trim();
    return tag === '*' || tag === wanted || tag === `W/${wanted}`;
  });
}
