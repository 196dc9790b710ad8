/** Pictures are made small before they are sent: less to send, and their place and camera stay on the telephone. */

const LONGEST = 1600
const MOST_BYTES = 950_000
const QUALITIES = [0.82, 0.7, 0.55, 0.4]
export const ACCEPTED = ['image/jpeg', 'image/png', 'image/webp']

/** Width and height within LONGEST, in the same shape. */
export function fitted(width: number, height: number): [number, number] {
  const scale = Math.min(1, LONGEST / Math.max(width, height))
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
}

/** A JPEG of at most MOST_BYTES; null for what this browser can't read as a picture. */
export async function shrunk(file: Blob): Promise<Blob | null> {
  let picture: ImageBitmap
  try {
    picture = await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    return null
  }
  const canvas = document.createElement('canvas')
  ;[canvas.width, canvas.height] = fitted(picture.width, picture.height)
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  for (const quality of QUALITIES) {
    const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality))
    if (made && made.size <= MOST_BYTES) return made
  }
  return null
}
