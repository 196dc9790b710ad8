/** Languages callers ask for, by their ISO 639-3 codes; the browser knows what they are called. Rules without a page. */
export const LANGUAGES = ['yue', 'hak', 'nan', 'wuu', 'hsn', 'eng', 'jpn', 'kor'] as const

const IN_CHINESE: Record<string, string> = { yue: '粤语', hak: '客家话', nan: '闽南语', wuu: '吴语', hsn: '湘语', eng: '英语', jpn: '日语', kor: '韩语' }

export function languageOf(code: string, language: string): string {
  if (language !== 'en') return IN_CHINESE[code] ?? code
  return new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? code
}
