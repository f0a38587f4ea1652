package im

import (
	"fmt"
	"slices"
	"strings"
)

// RegionInfo is a data centre: the app belongs to one, and the others answer 60026.
type RegionInfo struct {
	Name   string
	Domain string
	Backup string
}

var regions = []RegionInfo{ // document 1047/34620; india has left its newest copies and still stands for apps that are there
	{"china", "console.tim.qq.com", "adminapi.my-imcloud.com"},
	{"singapore", "adminapisgp.im.qcloud.com", "adminapisgp.my-imcloud.com"},
	{"seoul", "adminapikr.im.qcloud.com", "adminapikr.my-imcloud.com"},
	{"tokyo", "adminapijpn.im.qcloud.com", "adminapijpn.my-imcloud.com"},
	{"frankfurt", "adminapiger.im.qcloud.com", "adminapiger.my-imcloud.com"},
	{"india", "adminapiind.im.qcloud.com", "adminapiind.my-imcloud.com"},
	{"silicon-valley", "adminapiusa.im.qcloud.com", "adminapiusa.my-imcloud.com"},
	{"jakarta", "adminapiidn.im.qcloud.com", "adminapiidn.my-imcloud.com"},
}

// Regions lists them in the order of the document.
func Regions() []RegionInfo { return slices.Clone(regions) }

// Region is the endpoint of a region.
func Region(name string) (endpoint string, err error) {
	names := make([]string, 0, len(regions))
	for _, r := range regions {
		if strings.EqualFold(r.Name, name) {
			return "https://" + r.Domain, nil
		}
		names = append(names, r.Name)
	}
	return "", fmt.Errorf("region %q: must be one of %s", name, strings.Join(names, ", "))
}
