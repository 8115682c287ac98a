import { expect, test } from 'vitest'
import { parseAddress } from './parse'

test.each([
  ['李雷 13800008000 浙江省杭州市西湖区文三路 100 号 2 幢 301', { name: '李雷', phone: '13800008000', region: '浙江省', city: '杭州市', district: '西湖区', line: '文三路 100 号 2 幢 301' }],
  ['上海市上海市黄浦区南京西路1号，韩梅梅，138-0000-8000', { name: '韩梅梅', phone: '13800008000', region: '上海市', city: '上海市', district: '黄浦区', line: '南京西路1号' }],
  ['收货人：王小明\n手机号码：+86 13912345678\n所在地区：广东省深圳市南山区\n详细地址：科技园南路 8 号\n邮编：518000', { name: '王小明', phone: '13912345678', region: '广东省', city: '深圳市', district: '南山区', line: '科技园南路 8 号', postcode: '518000' }],
  ['新疆维吾尔自治区昌吉回族自治州玛纳斯县平原林场 1 号 阿里木 13500001111', { name: '阿里木', phone: '13500001111', region: '新疆维吾尔自治区', city: '昌吉回族自治州', district: '玛纳斯县', line: '平原林场 1 号' }],
  ['北京朝阳区建国路 93 号院 张三 010-12345678', { name: '张三', phone: '01012345678', region: '北京市', city: '北京市', district: '朝阳区', line: '建国路 93 号院' }],
  ['江苏苏州市昆山市花桥镇绿地大道 12 号 赵四 13611112222', { name: '赵四', phone: '13611112222', region: '江苏省', city: '苏州市', district: '昆山市', line: '花桥镇绿地大道 12 号' }],
])('%s is read', (pasted, want) => {
  expect(parseAddress(pasted)).toEqual(want)
})

test('what is not an address is left alone', () => {
  expect(parseAddress('hello there')).toEqual({})
  expect(parseAddress('13800008000')).toEqual({ phone: '13800008000' })
})
