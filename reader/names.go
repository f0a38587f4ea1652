package reader

import (
	"slices"
	"strconv"
	"strings"

	"imimport/pkg/fault"
	"imimport/pkg/option"
)

// role is what a column is to the service: one of these, or from roles on one of the profile (see fields).
type role int

const (
	roleUserID role = iota
	roleNick
	roleFaceURL
	roles = iota
)

var roleNames = [roles]string{"UserID", "Nick", "FaceUrl"}

// known are the usual names of columns, as plainName has them. A column with a name of an earlier list wins; two columns
// with names of one list are ambiguous.
var known = [roles][][]string{
	roleUserID: {
		{"userid"},
		{"用户id", "用户编号", "用户标识", "identifier", "imuserid", "accountid", "账号id", "帐号id", "使用者id", "用戶id", "使用者編號", "会员id", "会员编号", "會員id"},
		{"uid", "accid", "localid", "objectid", "cognito:username", "account", "useraccount", "usercode", "账号", "帐号", "用户账号", "用户帐号", "账户", "用户号", "帳號", "使用者帳號"},
		{"id", "user", "username", "login", "loginname", "用户", "用户名", "编号"},
		{"sub", "uuid", "userlogin", "手机号", "手机号码"},
	},
	roleNick: {
		{"nick"},
		{"nickname", "usernick", "usernickname", "昵称", "用户昵称", "暱稱", "使用者暱稱", "用戶暱稱"},
		{"displayname", "screenname", "显示名", "显示名称", "网名"},
		{"name", "fullname", "姓名", "名字", "名称"},
		{"username", "用户名", "用户名称", "用户姓名"},
	},
	roleFaceURL: {
		{"faceurl"},
		{"avatarurl", "headurl", "headimgurl", "headimageurl", "portraiturl", "profileimageurl", "photourl", "avatarlink", "portraituri", "imageurl", "profilepictureurl",
			"头像地址", "头像url", "头像链接", "用户头像地址", "头像网址"},
		{"avatar", "useravatar", "face", "headimg", "headimage", "headpic", "faceimg", "portrait", "profileimage", "头像", "用户头像", "頭像"},
		{"photo", "picture", "profilephoto", "profilepicture", "icon", "图片"},
	},
}

// ranks tell how good a plain name is for a role: 0 is best.
var ranks = func() (ranks [roles]map[string]int) {
	for r, tiers := range known {
		ranks[r] = map[string]int{}
		for i, tier := range tiers {
			for _, name := range tier {
				ranks[r][name] = i
			}
		}
	}
	return ranks
}()

// rankOf is how good a name is for a role. The profile's columns go by no names.
func rankOf(r role, name string) (rank int, known bool) {
	if r >= roles {
		return 0, false
	}
	rank, known = ranks[r][plainName(name)]
	return rank, known
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "", ".", "", "\u3000", "", "\u00a0", "")

// plainName is a name without case, spaces and separators.
func plainName(name string) string {
	return separators.Replace(strings.ToLower(strings.TrimSpace(name)))
}

// bestName finds the columns with the best known name for a role, leaving out those that are taken.
func bestName(r role, columns []string, taken []int) []int {
	var found []int
	best := -1
	for i, name := range columns {
		n, ok := rankOf(r, name)
		switch {
		case !ok || slices.Contains(taken, i):
		case best < 0 || n < best:
			best, found = n, []int{i}
		case n == best:
			found = append(found, i)
		}
	}
	return found
}

// findNamed finds the column that a mapping names: by the whole text, else by the first name between | that is a column.
// else by its number behind a #. -1 is none.
func findNamed(named string, columns []string) int {
	if i := columnNamed(named, columns); i >= 0 {
		return i
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(named, "#")); err == nil && named[0] == '#' && n >= 1 && n <= len(columns) {
		return n - 1
	}
	return -1
}

// columnNamed is findNamed without numbers.
func columnNamed(named string, columns []string) int {
	alternatives := append([]string{named}, strings.Split(named, "|")...)
	for _, name := range alternatives {
		if i := slices.Index(columns, name); i >= 0 {
			return i
		}
	}
	for _, name := range alternatives {
		if i := slices.IndexFunc(columns, func(c string) bool { return strings.EqualFold(strings.TrimSpace(c), strings.TrimSpace(name)) }); i >= 0 {
			return i
		}
	}
	return -1
}

// nearestFirst puts the names that are most like a mistyped one first.
func nearestFirst(name string, names []string) []string {
	if near := option.Nearest(name, names); near != "" {
		rest := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == near })
		return append([]string{near}, rest...)
	}
	return names
}

// mapTo is the option that says which column or key a field has.
func mapTo(field, column string) fault.Option {
	return fault.Option{Key: "map", Value: field + "=" + column}
}

// mapUserID is that of the UserID.
func mapUserID(column string) fault.Option { return mapTo(roleNames[roleUserID], column) }
