// Text that means harm, or that programs trip over: made by combination and by
// hand. Whatever runs sets __xss; whatever becomes markup carries data-evil.

const run = 'window.__xss=1'
const short = '__xss=1'

/** Elements that would run something as soon as they are in a page. */
function tags() {
  const doors = ['img src=x', 'svg', 'body', 'video src=x', 'audio src=x', 'input autofocus', 'details open', 'iframe', 'object data=x', 'embed src=x', 'marquee', 'select autofocus', 'math']
  const events = ['onerror', 'onload', 'onfocus', 'ontoggle', 'onstart', 'onpointerenter']
  const out = []
  for (const door of doors) for (const event of events) out.push(`<${door} data-evil ${event}=${short}>`)
  return out
}

/** Ways out of a place that text is put into. */
function escapes() {
  const ways = ['"', "'", '`', '">', "'>", '-->', ']]>', '</title>', '</textarea>', '</style>', '</script>', '</noscript>', '</template>', '*/', '\\"', "\\'", '&quot;>', '&#39;>', '\u2028', '\u0000>']
  const then = [`<img data-evil src=x onerror=${short}>`, `<script data-evil>${short}</script>`, ` onmouseover=${short} data-evil=`]
  return ways.flatMap((w) => then.map((t) => w + t))
}

/** Addresses that run. */
function addresses() {
  const schemes = ['javascript:', 'JaVaScRiPt:', 'java\tscript:', 'java\nscript:', ' javascript:', '\u0001javascript:', 'javascript&colon;', 'javascript&#58;', 'vbscript:', 'data:text/html,', 'data:image/svg+xml,', 'blob:', 'feed:javascript:', 'view-source:javascript:']
  return schemes.flatMap((s) => [`${s}${run}`, `<a data-evil href="${s}${short}">x</a>`])
}

/** What templates, queries and shells would run. */
function injections() {
  const inner = ["constructor.constructor('window.__xss=1')()", '7*7', '__proto__', '$on.constructor("__xss=1")()']
  const around = [['{{', '}}'], ['${', '}'], ['<%=', '%>'], ['#{', '}'], ['[[', ']]'], ['{%', '%}'], ['v-html="', '"'], ['@click="', '"']]
  const databases = ["' OR '1'='1", "'; DROP TABLE posts;--", '" OR ""="', "1' UNION SELECT NULL--", '{"$gt":""}', '{"$where":"sleep(9)"}', '$ne', '[$regex]=.*', "admin'--", '%27%20OR%201=1', '*)(uid=*))(|(uid=*']
  const shells = ['$(id)', '`id`', '; ls -la', '| cat /etc/passwd', '&& true', '../../../../etc/passwd', '..\\..\\windows', 'file:///etc/passwd', '%00', '%0d%0aSet-Cookie: evil=1', '\r\nX-Evil: 1', 'x\r\n\r\n<b data-evil>']
  const formats = ['%s%s%s%n', '%d%x%p', '{0}{1}', '%!s(MISSING)', '%(name)s', '\\x41\\u0041', '&lt;b&gt;', '&amp;amp;', '&#x3c;img data-evil&#x3e;', '&nbsp;', '@:{common.ok}', '@.lower:nav.me', '{name}', '{n} | {n}', "{'@'}", '%{count}']
  return [...inner.flatMap((i) => around.map(([a, b]) => a + i + b)), ...databases, ...shells, ...formats]
}

/** Text that is no attack, and that goes wrong all the same. */
function naughty() {
  const words = ['null', 'NULL', 'undefined', 'None', 'nil', 'NaN', '-Infinity', 'true', 'false', '0', '-0', '1e1000', '0x1p-2', '١٢٣', '1/0', '[object Object]', '()', '[]', '{}', '""', '\\', '\\\\', '/', '.', '..', '#', '?', '&', '=', 'con', 'aux', 'constructor', 'hasOwnProperty', 'toString', 'prototype', '__proto__', 'then', 'script', 'id', 'class']
  const letters = ['ṱ̺̺̕o͞ ̷i̲̬͇̪n̗͙v̟̜̘̦', 'Z̮̞̠͙͔ͅa̡̬͍l̼̩g͍o', 'é é', 'ﬁ ﬂ ﬀ', 'İıſK', 'ßẞ', 'ÅÅ', 'ǅ', '𝒳𝔖𝔖', '𠜎𠜱𠝹', '㌍㍻', '｜ｆｕｌｌ＜ｉｍｇ＞', 'ᚠᛇᚻ', 'हिन्दी', 'தமிழ்', 'ไทยสระอำ', '한국어 한', 'ကျွန်ုပ်', 'ﷺ', '꧁༺༻꧂']
  const emoji = ['👩‍👩‍👧‍👦', '🏳️‍🌈', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👋🏽', '1️⃣', '🇨🇳🇬🇧', '❤️ ❤', '🫠🫡🫥', '👨🏿‍🦱👩🏻‍🦰', '☃︎☃️']
  const directions = ['\u202Eevil\u202C', 'abc\u202Egpj.exe', '\u2066x\u2069', 'مرحبا world', 'שלום <b data-evil>', '\u200Fabc', 'x\u200Ey']
  const invisible = ['a\u200Bb', 'a\u200Db', 'a\u2060b', '\uFEFFbom', 'end\uFEFF', 'soft\u00ADhyphen', 'a\u00A0b', 'a\u3000b', 'line\u2028separator', 'para\u2029graph', 'a\u0085b', 'tab\tbed', 'bell\u0007', 'esc\u001b[31mred', 'del\u007f', 'nul\u0000nul', 'a\u180Eb', 'x\u3164y', 'vt\u000Bff\u000C', '\uD800lone', 'lone\uDFFF', 'non\uFFFEchar\uFFFF', 'repl\uFFFDaced', 'crlf\r\nlf\ncr\rend']
  const long = ['W'.repeat(11) + 'w'.repeat(11) + '妈'.repeat(11), 'Donaudampfschifffahrtselektrizitaetenhauptbetriebswerk', 'a-'.repeat(28), '啊呀'.repeat(28), '.'.repeat(50), 'x' + '\u0301'.repeat(40)]
  return [...words, ...letters, ...emoji, ...directions, ...invisible, ...long]
}

/** By hand: what has worked somewhere. */
const known = [
  `<script data-evil>${run}</script>`, `<SCRIPT data-evil SRC=//127.0.0.1/x.js></SCRIPT>`, `<scr<script>ipt>${short}</scr</script>ipt>`,
  `<svg data-evil><script>${short}</script></svg>`, `<svg data-evil><animate onbegin=${short}>`, `<svg data-evil><a xlink:href="javascript:${short}">`,
  `<math data-evil href="javascript:${short}">x`, `<img data-evil src=x:x onerror\n=\n${short}>`, `<img/data-evil/src=x/onerror=${short}>`,
  `<iframe data-evil srcdoc="<script>parent.${short}</script>">`, `<iframe data-evil src="javascript:parent.${short}">`, `<form data-evil><button formaction=javascript:${short}>x`,
  `<base data-evil href="//127.0.0.1/">`, `<meta data-evil http-equiv=refresh content="0;url=/evil">`, `<link data-evil rel=stylesheet href=/x.css>`,
  '<style data-evil>@import"/x.css";</style>', '<p data-evil style="position:fixed;inset:0">x', '<template data-evil><img src=x>', '<noscript><p title="</noscript><img data-evil src=x>">',
  `<!--<img data-evil src="--><img data-evil src=x onerror=${short}//">`, `<x data-evil onclick=${short} tabindex=1 autofocus onfocus=${short}>`,
  `<b data-evil>bold</b>`, `<a data-evil href=/ target=_blank>leave</a>`, `[x](javascript:${short})`, `![x](x"onerror="${short})`, `<plaintext data-evil>`,
  `\u003cimg data-evil src=x onerror=${short}\u003e`, `＜img data-evil src=x onerror=${short}＞`, `<details data-evil/open/ontoggle=${short}>`,
  `<select data-evil><style></select><img src=x onerror=${short}>`, '<title data-evil>owned</title>', '<keygen data-evil autofocus>',
]

const controls = /(?![\n\r\t])\p{Cc}/u
const every = [...new Set([...known, ...tags(), ...escapes(), ...addresses(), ...injections(), ...naughty()])]

/** Every payload, each once; those with control characters are let in nowhere. */
export const payloads = every.filter((p) => !controls.test(p))
export const barred = every.filter((p) => controls.test(p))

const space = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const ends = new RegExp(`^[${space}]+|[${space}]+$`, 'gu')
const gaps = new RegExp(`[${space}]+`, 'gu')
const unseen = /(?![\n\t])[\u0000-\u001f\u007f-\u009f\ufffd\u202a-\u202e\u2066-\u2069\ufeff]/gu

/** What the shop keeps of text: said in its packages, done here by other means. */
export const kept = {
  /** As JSON carries it: half a character is none. */
  raw: (s) => s.toWellFormed(),
  trimmed: (s) => s.toWellFormed().replace(ends, ''),
  text: (s) => s.toWellFormed().replaceAll('\r\n', '\n').replaceAll('\r', '\n').replace(unseen, '').replace(ends, ''),
  line: (s) => kept.text(s).replace(gaps, ' '),
  said: (s) => kept.text(s.replaceAll(/[\u2028\u2029]/g, '\n')).replaceAll(/\n{3,}/g, '\n\n'),
}

const count = (s) => [...s].length

/** At most so many characters of a payload. */
export const cut = (s, most) => [...s].slice(0, most).join('')

/** Puts as many payloads into each text as it may hold, so that all are in one. */
export function packed(list, most, glue = ' ¦ ') {
  const out = []
  let now = ''
  for (const p of list) {
    const next = now ? now + glue + p : cut(p, most)
    if (count(next) <= most) now = next
    else {
      out.push(now)
      now = cut(p, most)
    }
  }
  return now ? [...out, now] : out
}

/** The payloads in groups of so many. */
export const groups = (list, n) => Array.from({ length: Math.ceil(list.length / n) }, (_, i) => list.slice(i * n, i * n + n))
