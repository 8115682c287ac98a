package pinyin

// syllables is every syllable of Standard Chinese that a word on sale may have,
// between gaps.
const syllables = " a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu" +
	" ca cai can cang cao ce cen ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai chuan chuang chui chun chuo ci cong cou cu cuan cui cun cuo" +
	" da dai dan dang dao de dei den deng di dia dian diao die ding diu dong dou du duan dui dun duo e ei en eng er" +
	" fa fan fang fei fen feng fo fou fu ga gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang gui gun guo" +
	" ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang hui hun huo" +
	" ji jia jian jiang jiao jie jin jing jiong jiu ju juan jue jun" +
	" ka kai kan kang kao ke ken keng kong kou ku kua kuai kuan kuang kui kun kuo" +
	" la lai lan lang lao le lei leng li lia lian liang liao lie lin ling liu long lou lu luan lun luo lv lve" +
	" ma mai man mang mao me mei men meng mi mian miao mie min ming miu mo mou mu" +
	" na nai nan nang nao ne nei nen neng ni nian niang niao nie nin ning niu nong nou nu nuan nuo nv nve o ou" +
	" pa pai pan pang pao pei pen peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing qiong qiu qu quan que qun" +
	" ran rang rao re ren reng ri rong rou ru rua ruan rui run ruo" +
	" sa sai san sang sao se sen seng sha shai shan shang shao she shei shen sheng shi shou shu shua shuai shuan shuang shui shun shuo si song sou su suan sui sun suo" +
	" ta tai tan tang tao te teng ti tian tiao tie ting tong tou tu tuan tui tun tuo wa wai wan wang wei wen weng wo wu" +
	" xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue xun ya yan yang yao ye yi yin ying yo yong you yu yuan yue yun" +
	" za zai zan zang zao ze zei zen zeng zha zhai zhan zhang zhao zhe zhei zhen zheng zhi zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun zuo "

// others returns the other readings of characters that common words have in
// more than one way: 银行 and 行李, 音乐 and 快乐.
func others(r rune) string {
	switch r {
	case '行':
		return "hang"
	case '长':
		return "chang"
	case '乐':
		return "yue"
	case '重':
		return "chong"
	case '薄':
		return "bo"
	case '血':
		return "xie"
	case '朝':
		return "zhao"
	case '调':
		return "tiao"
	case '还':
		return "huan"
	case '便':
		return "pian"
	case '都':
		return "du"
	case '觉':
		return "jiao"
	case '盛':
		return "cheng"
	case '参':
		return "shen"
	case '率':
		return "shuai"
	case '曾':
		return "zeng"
	case '解':
		return "xie"
	case '着':
		return "zhuo zhao"
	case '了':
		return "liao"
	case '地':
		return "de"
	case '佛':
		return "fo"
	case '卜':
		return "bu"
	case '绿':
		return "lu"
	case '女':
		return "nu"
	case '粘', '黏':
		return "nian zhan"
	case '壳':
		return "qiao"
	case '削':
		return "xiao"
	case '泊':
		return "bo"
	case '仔':
		return "zi"
	case '模':
		return "mu"
	case '传':
		return "zhuan"
	case '藏':
		return "zang"
	case '差':
		return "chai"
	case '露':
		return "lou"
	case '落':
		return "la"
	case '强':
		return "jiang"
	case '弹':
		return "tan"
	case '折':
		return "she"
	case '扎':
		return "za"
	case '校':
		return "jiao"
	case '什':
		return "shen shi"
	case '谁':
		return "shei shui"
	case '厦':
		return "xia sha"
	case '熟':
		return "shou"
	case '剥':
		return "bao"
	case '咖':
		return "ga ka"
	case '番':
		return "pan"
	case '嚼':
		return "jue"
	case '纤':
		return "qian"
	case '降':
		return "xiang"
	case '称':
		return "chen"
	case '单':
		return "shan"
	case '和':
		return "huo"
	case '色':
		return "shai"
	case '娜':
		return "nuo"
	case '伽':
		return "jia"
	}
	return ""
}
