package im

import (
	"fmt"
	"slices"
	"strings"
)

// RegionInfo is a data centre. An app belongs to one; the others answer 60026.
type RegionInfo struct {
	Name   string
	Domain string
}

var regions = []RegionInfo{ // document 1047/34620. Its newest copies leave india out; it stays here for the apps that are there
	{"china", "console.tim.qq.com"},
	{"singapore", "adminapisgp.im.qcloud.com"},
	{"seoul", "adminapikr.im.qcloud.com"},
	{"tokyo", "adminapijpn.im.qcloud.com"},
	{"frankfurt", "adminapiger.im.qcloud.com"},
	{"india", "adminapiind.im.qcloud.com"},
	{"silicon-valley", "adminapiusa.im.qcloud.com"},
	{"jakarta", "adminapiidn.im.qcloud.com"},
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
