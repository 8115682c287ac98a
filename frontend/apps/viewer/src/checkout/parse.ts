import type { Place } from '@meadow/api'

const provinces =
  '北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门'
const cities = ['北京', '天津', '上海', '重庆']
const suffix: Record<string, string> = { 内蒙古: '内蒙古自治区', 广西: '广西壮族自治区', 西藏: '西藏自治区', 宁夏: '宁夏回族自治区', 新疆: '新疆维吾尔自治区', 香港: '香港特别行政区', 澳门: '澳门特别行政区' }
const region = new RegExp(`(${provinces})(?:省|市|壮族自治区|回族自治区|维吾尔自治区|特别行政区|自治区)?`)
const labels = /(收货人|收件人|姓名|联系人|手机号码|手机号|手机|联系电话|电话|所在地区|地区|详细地址|收货地址|地址|邮编|邮政编码)\s*[:：]?/g

/** Takes a piece out of a text and returns both. */
function take(text: string, found: RegExpMatchArray | null): [string, string] {
  if (!found) return ['', text]
  return [found[0], `${text.slice(0, found.index)} ${text.slice(found.index! + found[0].length)}`]
}

/**
 * Reads a Chinese address as people paste it: name, phone and place in any order,
 * with or without labels. What it does not find it leaves out.
 */
export function parseAddress(pasted: string): Partial<Place> {
  let text = pasted.replace(labels, ' ').replace(/[，,;；、|\n\r\t]+/g, ' ')
  let phone: string
  ;[phone, text] = take(text, text.match(/(?:\+?86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)/) ?? text.match(/0\d{2,3}-\d{7,8}/))
  let postcode: string
  ;[postcode, text] = take(text, text.match(/(?<!\d)\d{6}(?!\d)/))

  const at = text.match(region)
  const out: Partial<Place> = {}
  if (phone) out.phone = phone.replace(/[\s-]/g, '').replace(/^\+?86(?=1\d{10}$)/, '')
  if (postcode) out.postcode = postcode
  if (!at) {
    const [name] = text.trim().split(/\s+/)
    if (name && /^[\p{Script=Han}·]{2,5}$/u.test(name)) out.name = name
    return out
  }
  const province = at[1]!
  out.region = suffix[province] ?? province + (cities.includes(province) ? '市' : '省')
  const before = text.slice(0, at.index).trim()
  let rest = text.slice(at.index! + at[0].length).trim()

  if (cities.includes(province)) {
    out.city = `${province}市`
    rest = rest.replace(new RegExp(`^(?:${province}市|市辖区|县)\\s*`), '')
  } else {
    const city = rest.match(/^[\p{Script=Han}]{1,10}?(?:自治州|地区|盟|市)/u)
    if (city) {
      out.city = city[0]
      rest = rest.slice(city[0].length).trim()
    }
  }
  const district = rest.match(/^[\p{Script=Han}]{1,9}?(?:自治县|新区|区|县|旗|市)/u)
  if (district) {
    out.district = district[0]
    rest = rest.slice(district[0].length).trim()
  }
  // A name stands before the place, or after it as a word of its own.
  const word = /^[\p{Script=Han}·]{2,5}$/u
  let name = before.split(/\s+/).findLast((w) => word.test(w) || /^[A-Za-z][A-Za-z .'-]{1,40}$/.test(w)) ?? ''
  if (!name) {
    const words = rest.split(/\s+/)
    const last = words.at(-1) ?? ''
    if (words.length > 1 && word.test(last) && !/[路街巷号楼室村镇园城院]$/.test(last)) {
      name = last
      rest = words.slice(0, -1).join(' ')
    }
  }
  if (name) out.name = name
  if (rest) out.line = rest.replace(/\s+/g, ' ').trim()
  return out
}
