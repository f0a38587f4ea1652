package reader

import (
	"strings"
	"unicode"

	"golang.org/x/text/encoding"
)

// guess is the likely encoding of some lines ("" if there is none), and how a cell of one of them reads in it.
type guess struct {
	name string
	rows []sample
}

// candidates are the encodings that user tables come in, the more common first.
var candidates = []string{"gb18030", "big5", "shift_jis", "euc-kr", "euc-jp", "windows-1252", "windows-1251"}

// detect scores the candidates: in the right one, most characters are common ones and every line decodes.
func detect(lines []sample, delimiter string) guess {
	best, most := guess{}, 0.0
	for _, name := range candidates {
		c, _ := charsetNamed(name) // it is known
		decoder := c.encoding.NewDecoder()
		score, runes := 0.0, 0
		var rows []sample
		for _, s := range lines {
			text, n, points := scoreLine(decoder, name, s.text)
			score, runes = score+points, runes+n
			if len(rows) < 1 && !strings.Contains(text, replacement) {
				rows = append(rows, sample{s.line, cell(text, delimiter)})
			}
		}
		if runes == 0 || len(rows) == 0 {
			continue
		}
		if score /= float64(runes); score > most {
			best, most = guess{name, rows}, score
		}
	}
	return best
}

// scoreLine gives up to 1 point for each character beyond ASCII, and takes points off for broken ones.
func scoreLine(d *encoding.Decoder, name, line string) (text string, runes int, points float64) {
	text, err := d.String(strings.TrimRight(line, "\r\n"))
	if err != nil {
		return replacement, 1, -1
	}
	before := ' '
	for _, r := range text {
		if r >= 0x80 {
			runes++
			points += scoreRune(name, r, before)
		}
		before = r
	}
	return text, runes, points
}

func scoreRune(name string, r, before rune) float64 {
	switch {
	case r == unicode.ReplacementChar:
		return -3
	case r < 0xA0 || r >= 0xE000 && r < 0xF900:
		return -2 // control characters, private use
	case name == "windows-1252" || name == "windows-1251":
		return scoreLetter(name, r, before)
	case strings.ContainsRune(commonIn[name], r):
		return 1
	case r >= 0x4E00 && r <= 0x9FFF && name == "euc-kr":
		return 0.1 // names are written in Hangul
	case r >= 0x4E00 && r <= 0x9FFF:
		return 0.45
	case r >= 0xAC00 && r <= 0xD7A3 && name == "euc-kr":
		return 0.8
	case r >= 0xAC00 && r <= 0xD7A3:
		return -1
	case r >= 0x3041 && r <= 0x30FA || r == 'ー':
		if name == "shift_jis" || name == "euc-jp" {
			return 0.9
		}
		return 0
	case r >= 0xFF61 && r <= 0xFF9F:
		return -0.5 // half-width kana: almost any bytes give some
	case r >= 0x3000 && r <= 0x303F || r >= 0xFF01 && r <= 0xFF5E:
		return 0.5 // punctuation
	case r >= 0x3400 && r <= 0x4DBF:
		return -1
	}
	return -0.3
}

// scoreLetter is for encodings in which nearly every byte is a letter: letters are plausible beside others of their script.
func scoreLetter(name string, r, before rune) float64 {
	switch {
	case !unicode.IsLetter(r):
		return -0.3
	case name == "windows-1251" && unicode.Is(unicode.Cyrillic, r):
		besideLatin := before < 0x80 && unicode.IsLetter(before)
		if besideLatin || unicode.Is(unicode.Cyrillic, before) && unicode.IsUpper(r) && unicode.IsLower(before) {
			return -1
		}
		return 0.5
	case name == "windows-1252" && unicode.Is(unicode.Latin, r):
		if before >= 0x80 {
			return -0.5
		}
		return 0.7
	}
	return -0.3
}

// cell is the first of a line's fields that has more than ASCII, or its beginning.
func cell(line, delimiter string) string {
	const most = 20
	high := strings.IndexFunc(line, func(r rune) bool { return r >= 0x80 })
	from := strings.LastIndex(line[:max(high, 0)], delimiter)
	if delimiter == "" || from < 0 {
		from = strings.LastIndexByte(line[:max(high, 0)], '"')
		delimiter = `"`
	}
	text, _, _ := strings.Cut(line[from+1:], delimiter)
	text = strings.Trim(text, `"`)
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// commonIn are common characters of names and short texts in a language.
var commonIn = map[string]string{
	"gb18030":   "的一是不了在人有我他这中大来上个国王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文小明红丽华伟芳娜敏静强磊军洋勇艳杰娟涛超秀霞平刚桂英建国志玉子春天海云飞雪梅兰宇欣怡晨浩然雨佳琪梦婷思琳鹏飞凯波阳光辉斌峰亮鑫用户名编号昵称头像测试北京上海广州深圳省市区老师同学爱心情好生活快乐幸福",
	"big5":      "的一是不了在人有我他這中大來上個國王李張劉陳楊趙黃周吳徐孫胡朱高林何郭馬羅梁宋鄭謝韓唐馮于董蕭程曹袁鄧許傅沈曾彭呂蘇盧蔣蔡賈丁魏薛葉閻余潘杜戴夏鍾汪田任姜范方石姚譚廖鄒熊金陸郝孔白崔康毛邱秦江史顧侯邵孟龍萬段雷錢湯尹黎易常武喬賀賴龔文小明紅麗華偉芳娜敏靜強磊軍洋勇艷傑娟濤超秀霞平剛桂英建志玉子春天海雲飛雪梅蘭宇欣怡晨浩然雨佳琪夢婷思琳雅惠淑美玲俊宏家豪冠用戶名編號暱稱頭像測試台北灣香港市區老師同學愛心情好生活快樂幸福",
	"shift_jis": "佐藤鈴木高橋田中伊渡辺山本村小林加吉山口松井上清斎坂阪森池橋石川前岡長谷後近遠青福西太三原和竹金子野大島東京都県市一二郎美子恵由紀真優愛翔健誠裕之介香奈菜",
	"euc-jp":    "佐藤鈴木高橋田中伊渡辺山本村小林加吉山口松井上清斎坂阪森池橋石川前岡長谷後近遠青福西太三原和竹金子野大島東京都県市一二郎美子恵由紀真優愛翔健誠裕之介香奈菜",
	"euc-kr":    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민지현수영은진준서연예도윤호경미희선숙정아름다운나라사랑하늘별이름사용자",
}
