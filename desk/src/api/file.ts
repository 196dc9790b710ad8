/** A file that came from the API is handed to whoever asked for it. `name`: else the one the answer gives. */
export function saveFile(found: { data?: unknown; response: Response }, name = 'file'): void {
  const given = /filename\*=UTF-8''([^;]+)/.exec(found.response.headers.get('content-disposition') ?? '')?.[1]
  const link = document.createElement('a')
  link.href = URL.createObjectURL(found.data as Blob)
  link.download = given ? decodeURIComponent(given) : name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
