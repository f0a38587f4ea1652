package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"imimport/pkg/fault"
)

const examples = "../../testdata/examples"

// manifest is what a command line of ours in a Kubernetes manifest depends on.
type manifest struct {
	Kind string
	Spec struct {
		ConcurrencyPolicy string                 `yaml:"concurrencyPolicy"`
		JobTemplate       struct{ Spec jobSpec } `yaml:"jobTemplate"`
	}
}

type jobSpec struct {
	BackoffLimit     int `yaml:"backoffLimit"`
	PodFailurePolicy struct {
		Rules []struct {
			Action      string
			OnExitCodes struct {
				Operator string
				Values   []int
			} `yaml:"onExitCodes"`
		}
	} `yaml:"podFailurePolicy"`
	Template struct {
		Spec struct {
			SecurityContext struct {
				RunAsNonRoot bool `yaml:"runAsNonRoot"`
			} `yaml:"securityContext"`
			Containers []struct {
				Args         []string
				VolumeMounts []struct {
					Name      string
					MountPath string `yaml:"mountPath"`
					ReadOnly  bool   `yaml:"readOnly"`
				} `yaml:"volumeMounts"`
			}
			Volumes []struct {
				Name   string
				Secret *struct {
					SecretName  string `yaml:"secretName"`
					DefaultMode int    `yaml:"defaultMode"`
				}
				PersistentVolumeClaim *struct {
					ClaimName string `yaml:"claimName"`
				} `yaml:"persistentVolumeClaim"`
			}
		}
	}
}

// manifests are the documents of one of the examples, by their kind.
func manifests(t *testing.T, name string) map[string]manifest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examples, "kubernetes", name))
	require.NoError(t, err)
	found := make(map[string]manifest)
	for _, document := range strings.Split(string(text), "\n---\n") {
		var m manifest
		require.NoError(t, yaml.Unmarshal([]byte(document), &m), name)
		found[m.Kind] = m
	}
	return found
}

// withKey has a command line name a key that is there.
func withKey(t *testing.T, line []string) []string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(name, []byte("0123456789abcdef"), 0o600))
	return strings.Fields(regexp.MustCompile(`\S*/secret-key\b`).ReplaceAllStringFunc(strings.Join(line, " "), func(word string) string {
		before, _, isFlag := strings.Cut(word, "=")
		if isFlag {
			return before + "=" + name
		}
		return name
	}))
}

// accepted tells whether a command would run with these arguments, as far as they and the settings say.
func accepted(t *testing.T, args ...string) {
	t.Helper()
	a, _, _ := testApp(t, nil)
	a.checks = make(map[*cobra.Command]func([]string) error)
	cmd, rest, err := newRoot(a).Find(args)
	require.NoError(t, err)
	require.NoError(t, cmd.ParseFlags(rest))
	require.NoError(t, cmd.ValidateArgs(cmd.Flags().Args()))
	require.NoError(t, a.resolve(cmd, cmd.Flags().Args()))
}

// forAPerson are the exit codes after which nothing goes on by itself. A service that cannot be reached is not among them.
func forAPerson() (codes []int) {
	for kind := fault.Usage; kind <= fault.Internal; kind++ {
		switch kind {
		case fault.Unreachable, fault.Interrupted, fault.Killed, fault.Internal:
		default:
			codes = append(codes, voice{}.ExitCode(kind))
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func TestKubernetesExampleIsACommandLineOfOurs(t *testing.T) {
	cron, isCron := manifests(t, "cronjob.yaml")["CronJob"]
	require.True(t, isCron)
	assert.Equal(t, "Forbid", cron.Spec.ConcurrencyPolicy)

	spec := cron.Spec.JobTemplate.Spec
	assert.Positive(t, spec.BackoffLimit, "a pod that goes on")
	require.Len(t, spec.PodFailurePolicy.Rules, 1)
	rule := spec.PodFailurePolicy.Rules[0]
	assert.Equal(t, "FailJob In", rule.Action+" "+rule.OnExitCodes.Operator)
	assert.Equal(t, forAPerson(), rule.OnExitCodes.Values)

	pod := spec.Template.Spec
	require.Len(t, pod.Containers, 1)
	args := pod.Containers[0].Args
	assert.True(t, pod.SecurityContext.RunAsNonRoot)

	accepted(t, withKey(t, args)...)
	assert.Contains(t, args, "--secret-key-file=/run/secrets/imimport/secret-key")

	// Every path of the command line is in a volume, and the job's is one that stays.
	volumes := make(map[string]string)
	for _, v := range pod.Volumes {
		switch {
		case v.Secret != nil:
			volumes[v.Name] = "secret"
			assert.Zero(t, v.Secret.DefaultMode&0o004, "everyone could read the key")
		case v.PersistentVolumeClaim != nil:
			volumes[v.Name] = "claim"
		}
	}
	kinds := make(map[string]string)
	for _, m := range pod.Containers[0].VolumeMounts {
		kinds[m.MountPath] = volumes[m.Name]
	}
	for _, place := range regexp.MustCompile(`/[\w/.-]+`).FindAllString(strings.Join(pod.Containers[0].Args, " "), -1) {
		assert.NotEmpty(t, kinds[strings.TrimSuffix(filepath.Dir(place+"x"), "/")], "%s is in no volume", place)
	}
	assert.Equal(t, map[string]string{"/run/secrets/imimport": "secret", "/data": "claim", "/state": "claim"}, kinds)
}

func TestSystemdExampleIsACommandLineOfOurs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(examples, "systemd", "imimport.service"))
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/imimport ((?:.*\\\n)*.*)$`).FindStringSubmatch(string(text))
	require.NotNil(t, line)
	args := strings.Fields(strings.NewReplacer("\\\n", " ", "%%", "%").Replace(line[1]))
	accepted(t, withKey(t, args)...)

	assert.Contains(t, string(text), "\nRestart=on-failure\n")
	stays := regexp.MustCompile(`(?m)^RestartPreventExitStatus=(.*)$`).FindStringSubmatch(string(text))
	require.NotNil(t, stays)
	assert.Equal(t, strings.Trim(fmt.Sprint(forAPerson()), "[]"), stays[1])
}

func TestExampleOfSettingsIsRead(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(examples, "imimport.yaml"))
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "secret-key-file:") {
			lines[i] = strings.Join(withKey(t, strings.Fields(line)), " ")
		}
	}
	accepted(t, "sync", "users.csv", "--state", "state", "--config", writeConfig(t, strings.Join(lines, "\n")))
}

// TestDockerfileMakesASmallImageWithoutRoot holds what the example promises.
func TestDockerfileMakesASmallImageWithoutRoot(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(examples, "Dockerfile"))
	require.NoError(t, err)
	_, last, found := strings.Cut(string(text), "\nFROM scratch\n")
	require.True(t, found, "the image is built on nothing")
	assert.NotContains(t, last, "\nFROM ")
	assert.NotContains(t, last, "\nRUN ", "there is no shell")
	assert.Contains(t, string(text), "RUN CGO_ENABLED=0 ")
	assert.Regexp(t, `(?m)^COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/$`, last)
	assert.Regexp(t, `(?m)^USER [1-9]\d*:[1-9]\d*$`, last)
	assert.Regexp(t, `(?m)^ENTRYPOINT \["/imimport"\]$`, last)
	assert.NotRegexp(t, `(?im)^(ENV|ARG) .*(secret|sig)`, string(text))
}

// TestReleaseIsForSixTargets holds .goreleaser.yaml and .ci/build to the same binaries.
func TestReleaseIsForSixTargets(t *testing.T) {
	text, err := os.ReadFile("../../.goreleaser.yaml")
	require.NoError(t, err)
	var release struct {
		Version int
		Builds  []struct {
			Main, Binary        string
			Env, Flags, Ldflags []string
			Goos, Goarch        []string
		}
		Checksum struct{ Algorithm string }
	}
	require.NoError(t, yaml.Unmarshal(text, &release))
	assert.Equal(t, 2, release.Version)
	require.Len(t, release.Builds, 1)
	b := release.Builds[0]
	assert.Equal(t, []string{"CGO_ENABLED=0"}, b.Env)
	assert.Equal(t, []string{"-trimpath", "-buildvcs=false"}, b.Flags)
	assert.Contains(t, b.Ldflags[0], "main.version=")
	assert.Contains(t, b.Ldflags[0], "main.commit=")
	assert.Equal(t, "sha256", release.Checksum.Algorithm)

	script, err := os.ReadFile("../../.ci/build")
	require.NoError(t, err)
	for _, goos := range []string{"linux", "darwin", "windows"} {
		assert.Contains(t, b.Goos, goos)
		for _, goarch := range []string{"amd64", "arm64"} {
			assert.Contains(t, b.Goarch, goarch)
			assert.Contains(t, string(script), goos+"/"+goarch)
		}
	}
}
