package report

import (
	"fmt"
	"strings"
	"time"

	"imimport/pkg/fault"
	"imimport/pkg/lang"
)

// say is a text of this package in a language; with args it is a format.
func say(l lang.Lang, text string, args ...any) string {
	if len(args) == 0 {
		return chinese.In(l, text)
	}
	return chinese.Sprintf(l, text, args...)
}

// sayNote is a text that the history has kept: a state with its reason, as stopped: quota. Another one stays as it is.
func sayNote(l lang.Lang, text string) string {
	state, reason, found := strings.Cut(text, ": ")
	if words := stopWords[fault.KindNamed(reason)]; found && words != "" && l == lang.Chinese {
		return say(l, "%s, %s", say(l, state), say(l, words))
	}
	return say(l, text)
}

// numbered is Counted in a language.
func numbered(l lang.Lang, n int64, one, many string) string {
	if l == lang.Chinese {
		return fmt.Sprintf("%s %s", Thousands(n), say(l, many))
	}
	return Counted(n, one, many)
}

// span is Span in a language.
func span(l lang.Lang, d time.Duration) string {
	parts := strings.Fields(Span(d))
	for i, part := range parts {
		parts[i] = say(l, part)
	}
	return strings.Join(parts, " ")
}

// chinese has the texts of the summary and the page. A name of a column or an outcome is the same one everywhere.
var chinese = lang.Catalogue{
	// how a job stands
	"complete": "已完成", "stopped": "已停止", "running": "运行中",
	"%s, %s": "%s:%s",

	"the settings are wrong":                                      "参数或配置有误",
	"too many rows failed":                                        "失败行数超过上限",
	"the service's quota is met":                                  "账号数已达服务端配额上限",
	"the service refuses this app, admin, key, region or address": "服务端拒绝了该应用、管理员、密钥、地域或 IP",
	"the service cannot be reached":                               "无法连接服务端",
	"the input cannot be read on":                                 "输入文件无法继续读取",
	"the job directory cannot be written":                         "任务目录无法写入",
	"the row limit is reached":                                    "已达到行数上限",
	"the time limit is reached":                                   "已达到时长上限",
	"interrupted":                                                 "被中断",
	"killed":                                                      "进程被杀",
	"a mistake in the program":                                    "程序内部错误",

	// outcomes
	"Succeeded": "成功", "Failed": "失败", "Quota exceeded": "超出配额", "Not attempted": "未发送", "read": "已读取",
	"Accepted by the service.": "服务端已接受。",
	"Refused before sending, refused by the service, or out of attempts.": "发送前校验不通过、被服务端拒绝，或重试次数用尽。",
	"The app was at its account limit.":                                   "应用账号数已达上限。",
	"Read, and without an outcome yet. Resuming the job sends them.":      "已读取，尚无结果；恢复任务后会发送。",

	// figures
	"row": "行", "rows": "行", "runs": "次运行", "retries": "次重试", "more codes": "个其他错误码", "more events": "个其他事件", "more files": "个其他文件",
	"s": "秒", "ms": "毫秒", "min": "分", "h": "小时", "d": "天",
	"code": "错误码", "class": "类别", "meaning": "含义", "no code": "无错误码", "do: ": "处理：",
	"requests": "请求数", "rate": "速率", "profiles": "资料", "files in": "结果文件", "error": "错误", "hint": "提示", "to go on:": "继续执行：", "": "",
	"%s with %s":                 "%s，共 %s",
	"%s in %s, %s, %s throttled": "%s，用时 %s，%s，被限频 %s 次",
	"%s, %s throttled":           "%s，被限频 %s 次",

	"limit %s": "上限 %s",

	"Time":                                 "用时",
	"Requests":                             "请求数",
	"Requests a second":                    "每秒请求数",
	"Profiles a second":                    "每秒设置资料数",
	sayBeside:                              "平均值，峰值一秒 %s",
	"Worst second":                         "峰值一秒",
	"most requests sent in any one second": "任意一秒内发送请求的最大值",
	"Accounts a second":                    "每秒账号数",
	"sent in batches":                      "批量发送",
	"Response time":                        "响应时间",
	"%s of %s read (%s)":                   "已读 %s / %s(%s)",
	"%s read":                              "已读 %s",
	"Of %s read: %s.":                      "已读取 %s：%s。",

	// what to do next
	"Resume where it stopped. Rows that have an outcome are not sent again.": "从停止处继续。已有结果的行不会重发。",

	"Nothing: every row read was accepted.": "无需处理：读取的每一行都已被接受。",

	// blanks in commands
	"KEYFILE stands for a file with the secret key.":                                           "KEYFILE 请换成密钥文件的路径。",
	"USERSIGFILE stands for a file with a UserSig.":                                            "USERSIGFILE 请换成 UserSig 文件的路径。",
	"INPUT stands for the input, which came from standard input or a pipe: give it once more.": "INPUT 请换成输入数据：它来自标准输入或管道，需要重新提供。",
	"QUERY stands for the query of the URL, which may be secret and is not kept.":              "QUERY 请换成 URL 的查询串：它可能含密钥，没有保存。",
	"NEWPLACE stands for the directory where the input is now.":                                "NEWPLACE 请换成输入文件现在所在的目录。",
	"REGION stands for the app's data centre.":                                                 "REGION 请换成应用所属地域。",
	"SDKAPPID stands for the app's number.":                                                    "SDKAPPID 请换成应用的 SDKAppID。",

	// plots and events
	"accepted": "已接受", "refused": "被拒绝", "failed for now": "临时失败", "throttled": "被限频",
	"half within": "50% 不超过", "95 of 100 within": "95% 不超过", "99 of 100 within": "99% 不超过",
	"Run began": "开始运行", "Run ended": "运行结束", "Process killed or crashed": "进程被杀或崩溃", "Throttled": "被限频", "Outage": "服务中断", "Quota met": "达到配额上限", "Resumed": "恢复运行",
	"Requests answered a second over the job":                                   "任务期间每秒收到响应的请求数",
	"Response time over the job":                                                "任务期间的响应时间",
	"Requests answered a second over %s of work: %s on average, from %s to %s.": "%s 运行期间每秒收到响应的请求数：平均 %s，最低 %s，最高 %s。",
	" The limit is %s.":                                                         "上限为 %s。",
	"up to %s a second":                                                         "最高每秒 %s",
	"Response times over the job, on a logarithmic scale. Over all: %s. The slowest stretch had a p99 of %s.": "任务期间的响应时间（对数坐标）。总体：%s。最慢一段的 p99 为 %s。",
	"2 Jan 2006 15:04:05": "2006-01-02 15:04:05", "2 Jan": "01-02",
	"not recorded": "未记录", "under way": "进行中", "%s to %s": "%s 至 %s",

	// the page
	"Account import": "账号导入", "to": "至", "What stopped it:": "停止原因：",
	"What to do next": "下一步", "Where every row went": "每一行的去向",
	"Rows by outcome; they sum to the rows read": "各结果的行数，合计等于已读取行数",
	"Outcome": "结果", "Rows": "行数", "Share": "占比", "Read": "已读取",
	"These figures do not add up to the rows read.": "各项之和与已读取行数不符。",
	"Please report this as a bug in imimport.":      "这是 imimport 的缺陷，请反馈。",
	"Figures": "统计", "Why rows did not succeed": "未成功的原因",
	"Codes with their meaning, what to do, and examples": "错误码及其含义、处理办法与示例",
	"Code": "错误码", "Class": "类别", "Meaning and what to do": "含义与处理办法", "Examples": "示例",
	"(no UserID)": "（无 UserID）", "line": "行号", "And": "另有", ": all are in": "，完整列表见", ".": "。",
	"Requests by the time of their answer. Numbers mark the events listed below. The time between runs is left out.": "按收到响应的时间统计。图中数字对应下方列出的事件。两次运行之间的时间不显示。",
	"Logarithmic scale. Failed and timed-out requests count too. Values are accurate to 7%.":                         "对数坐标。失败和超时的请求也计入。数值误差在 7% 以内。",
	"Both plots in numbers": "两张图的数据", "From": "起始时间", "Requests/s": "请求/秒", "Accepted": "已接受", "Refused": "被拒绝", "Failed for now": "临时失败",
	"What happened": "事件", "for": "持续", " in the middle, not listed here.": "发生在中间，未列出。",
	"Runs of the job": "各次运行", "Run": "序号", "Began": "开始", "Lasted": "持续", "A second": "每秒", "Ended": "结束原因", " after the previous run": "，距上次运行结束",
	"lasted": "持续", "a second": "每秒",
	"Input, target and settings": "输入、目标与参数", "Input": "输入", "Target": "目标", "App": "应用", "and": "另有", "as": "管理员",
	"The figures of this page are in": "本页数据见", ", those of the plots in": "，图表数据见",

	// the sentences of words.go
	"complete: all %s succeeded":                                           "已完成：共 %s，全部成功",
	"complete: %s of %s succeeded":                                         "已完成：共 %[2]s，成功 %[1]s",
	"complete, nothing to send: %s unchanged":                              "已完成：%s 行均无变化，无需发送",
	"complete: no row was read":                                            "已完成：未读到任何数据行",
	"complete: %s of %s succeeded; %s failed, which is tolerated":          "已完成：共 %[2]s，成功 %[1]s；失败 %[3]s，在容许范围内",
	"complete: %s of %s succeeded; the same %s failed as in the last sync": "已完成：共 %[2]s，成功 %[1]s；失败的 %[3]s 与上次同步相同",
	"%s: see %s":                       "%s，详见 %s",
	"running: %s of %s succeeded":      "运行中：共 %[2]s，成功 %[1]s",
	"running: no row was read yet":     "运行中：尚未读到数据行",
	"stopped: %s; %s of %s succeeded":  "已停止：%[1]s；共 %[3]s，成功 %[2]s",
	"stopped: %s; no row was read":     "已停止：%s；未读到任何数据行",
	"%s (%d)":                          "%s(%d)",
	"%s (%s)":                          "%s(%s)",
	"the app is disabled":              "应用已停用",
	"the app's package has ended":      "应用套餐已到期",
	"this machine's IP is not allowed": "本机 IP 不在白名单内",
	"wrong region":                     "地域不符",
	"the UserSig has expired":          "UserSig 已过期",
	"malformed UserSig":                "UserSig 格式错误",
	"wrong key":                        "密钥错误",
	"another admin's UserSig":          "UserSig 属于其他管理员",
	"another app's UserSig":            "UserSig 属于其他应用",
	"no such app":                      "应用不存在",
	"sync":                             "同步",
	"%s: %s new, %s changed, %s unchanged, %s again, %s invalid; %s gone, %s deleted": "%s：新增 %s，变更 %s，未变 %s，重发 %s，无效 %s；源中已无 %s，已删除 %s",
	"%s/s on average, worst second %s, limit %s":                                      "平均 %s/秒，最高一秒 %s，上限 %s",
	"%s/s on average, worst second %s, no limit":                                      "平均 %s/秒，最高一秒 %s，不限速",
	"%s: %s, the first in %s":                                                         "%s:%s，首次出现于 %s",
	"median; p95 %s, p99 %s":                                                          "中位数；p95 %s，p99 %s",
	"and %s with %s: see report.html":                                                 "另有 %s，共 %s，详见 report.html",
	"on average, limit %s":                                                            "平均值，上限 %s",
	"on average, no limit set":                                                        "平均值，未设上限",
	"Rows in the files":                                                               "文件中的行数",
	"so far":                                                                          "进度",
	"outage":                                                                          "服务中断",
	"as of":                                                                           "截至",
	"%s of the input, %s rows a second, about %s left":                                "已处理输入的 %s，每秒 %s 行，预计还需 %s",
	"%s of the input, %s rows a second":                                               "已处理输入的 %s，每秒 %s 行",
	"%s rows a second; how much of the input is left is not known": "每秒 %s 行；输入还剩多少未知",
	"no good answer since %s":                                      "自 %s 起没有正常响应",
	"the service says that it is called too often, since %s":       "自 %s 起服务端返回调用频率超限",
	"%s, as of %s": "%s，截至 %s",
	"Nothing yet: the job is running. This page loads itself anew every 30 seconds; where the time of its figures stays, the process has ended without a word.": "暂无：任务正在运行。本页每 30 秒自动刷新；若统计时间不再变化，说明进程已异常退出。",
	"Retry 1 row that met the quota or a temporary fault.":                                       "重试 1 行：它因配额或临时故障未成功。",
	"Retry %s rows that met the quota or a temporary fault.":                                     "重试 %s 行：它们因配额或临时故障未成功。",
	"Fix the rejected row in %s, then import it.":                                                "改正 %s 中被拒绝的那一行，再导入该文件。",
	"Fix the %[2]s rejected rows in %[1]s, then import it.":                                      "改正 %[1]s 中被拒绝的 %[2]s 行，再导入该文件。",
	"Fix the rejected row in your files, then sync again.":                                       "在源文件中改正被拒绝的那一行，再次同步。",
	"Fix the %s rejected rows in your files, then sync again.":                                   "在源文件中改正被拒绝的 %s 行，再次同步。",
	"Nothing: every row read was accepted. To ask the service whether the accounts are there:":   "无需处理：读取的每一行都已被接受。如需向服务端核实账号是否存在：",
	"Nothing: the accounts are as the files have them.":                                          "无需处理：账号与文件一致。",
	"Look at what makes the input: it has no rows.":                                              "请检查输入的来源：其中没有数据行。",
	". Of the rows, this page shows only UserIDs, file names, line numbers and why they failed.": "。对于数据行，本页只显示 UserID、文件名、行号和失败原因。",
}
