/** A gathered address as the browser tells it; both null where it says nothing. */
interface Gathered {
  protocol: string | null
  address: string | null
}

const FAMILY = { v4: /^\d+(\.\d+){3}$/, v6: /:/ }

/**
 * Whether the other side, whose description is `sdp`, can use this address of ours: UDP, and of a family it has itself (RFC 8445 §6.1.2.2).
 * An answer with none that it can use leaves it without a pair to check: Asterisk then never starts, and nobody hears anybody.
 */
export function usable({ protocol, address }: Gathered, sdp: string): boolean {
  if (protocol?.toLowerCase() !== 'udp' || !address) return false
  const theirs = [...sdp.matchAll(/^a=candidate:\S+ \d+ udp \d+ (\S+)/gim)].map(([, at]) => at ?? '')
  return Object.values(FAMILY).some((family) => family.test(address) && theirs.some((at) => family.test(at)))
}
