package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"imimport/pkg/option"
	"imimport/pkg/plain"
)

var configRows = []option.Row[string]{
	{Key: configFlag, Group: "Settings", Text: "YAML `FILE` of flags and values, such as rate: 100", Suffix: option.AnyFile,
		Binding: option.Bind(func(name *string) *string { return name }, option.Text)},
}

// config is a --config file: flag names and values, with the lines they stand on.
type config struct {
	name    string
	entries map[string]entry
	gone    []string // what it says that has no meaning any more
}

type entry struct {
	line   int
	values []string // none: the key has no value
}

// maxSettings is the most bytes that a config file or a scenario may have.
const maxSettings = 1 << 20

// removed are the keys of earlier versions that a config file may still have.
var removed = []string{"burst", "headroom"}

// loadConfig reads the file that --config or IMIMPORT_CONFIG names; without one, the config is empty.
func (a *app) loadConfig(cmd *cobra.Command) (config, error) {
	f := cmd.Flag(configFlag)
	if f == nil || layerOf(f) == nil {
		return config{}, nil
	}
	values, from := a.pick(f, layerOf(f), config{})
	if len(values) == 0 {
		return config{}, nil
	}
	name := values[len(values)-1]
	text, err := plain.Small(name, maxSettings)
	if err != nil {
		return config{}, fmt.Errorf("%s: %w", from.place, err)
	}
	return parseConfig(name, text, flagNames(cmd.Root()))
}

// parseConfig reads YAML whose keys are flag names. A key of another command's is fine: one file serves all.
func parseConfig(name string, text []byte, flags []string) (config, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return config{}, syntaxError(name, err)
	}
	c := config{name: name, entries: make(map[string]entry)}
	if len(document.Content) == 0 || isNull(document.Content[0]) {
		return c, nil
	}
	top := document.Content[0]
	if top.Kind != yaml.MappingNode {
		return config{}, fmt.Errorf("%s:%d: must hold lines such as \"rate: 100\"", name, top.Line)
	}
	var faults []error
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, node := top.Content[i], top.Content[i+1]
		values, err := scalars(node)
		switch _, twice := c.entries[key.Value]; {
		case slices.Contains(removed, key.Value):
			c.gone = append(c.gone, fmt.Sprintf("%s:%d: %s has no meaning any more: the rate alone is the limit", name, key.Line, key.Value))
			continue
		case key.Value == configFlag || !slices.Contains(flags, key.Value):
			err = unknownKey(key.Value, flags)
		case twice:
			err = fmt.Errorf("%s stands there twice", shown(key.Value))
		case err != nil:
			err = fmt.Errorf("%s: %w", key.Value, err)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s:%d: %w", name, key.Line, err))
			continue
		}
		c.entries[key.Value] = entry{key.Line, values}
	}
	return c, errors.Join(faults...)
}

// unknownKey never shows the value: it may be a secret that someone took for a setting.
func unknownKey(key string, flags []string) error {
	if secretName(key) {
		return fmt.Errorf("unknown key %q: a secret has no place in a config file; name its file with %q or %q", key, secretKeyFlag, userSigFlag)
	}
	if near := option.Nearest(key, flags); near != "" && near != configFlag {
		return fmt.Errorf("unknown key %s: did you mean %q?", shown(key), near)
	}
	return fmt.Errorf("unknown key %s: keys are the names of flags", shown(key))
}

// scalars are the values of a key: one, a list of them, or for --map names with columns.
func scalars(node *yaml.Node) ([]string, error) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch {
	case isNull(node):
		return nil, nil
	case node.Kind == yaml.ScalarNode:
		return []string{node.Value}, nil
	case node.Kind == yaml.SequenceNode || node.Kind == yaml.MappingNode:
		var list []string
		for i, item := range node.Content {
			if item.Kind != yaml.ScalarNode {
				return nil, errors.New("must be a value or a list of values")
			}
			if node.Kind == yaml.MappingNode && i%2 == 1 {
				list[len(list)-1] += "=" + item.Value
			} else {
				list = append(list, item.Value)
			}
		}
		return list, nil
	}
	return nil, errors.New("must be a value or a list of values")
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(?s:(.*))$`)

func syntaxError(name string, err error) error {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil || m[1] == "" {
		return fmt.Errorf("%s: is no YAML: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	return fmt.Errorf("%s:%s: is no YAML: %s", name, m[1], m[2])
}
