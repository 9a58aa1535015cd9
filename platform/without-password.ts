/**
 * What people may see of a URL that can hold credentials: neither its password nor its parameters.
 *
 * @example withoutPassword('postgres://ml:geheim@db:5432/millrace?sslmode=require') // 'postgres://ml@db:5432/millrace'
 */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return 'what is no URL';
  const { protocol, username, host, pathname } = new URL(url);
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`;
}
