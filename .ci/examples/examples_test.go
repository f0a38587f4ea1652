package examples_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goreleaser/goreleaser/v2/pkg/config"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

const root = "../.."

// TestManifestsAreKubernetesOwn decodes them strictly: an unknown or repeated field is an error.
func TestManifestsAreKubernetesOwn(t *testing.T) {
	files, err := filepath.Glob(root + "/testdata/examples/kubernetes/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no manifests found: %v", err)
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{batch.AddToScheme, core.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	var kinds []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range bytes.Split(text, []byte("\n---\n")) {
			object, kind, err := decoder.Decode(document, nil, nil)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			kinds = append(kinds, kind.Kind)
			if o, ok := object.(*batch.CronJob); ok {
				if o.Spec.ConcurrencyPolicy != batch.ForbidConcurrent {
					t.Errorf("%s: two at once would share the rate limit", file)
				}
				checkPod(t, file, o.Spec.JobTemplate.Spec.Template.Spec)
			}
		}
	}
	if got := strings.Join(kinds, " "); got != "PersistentVolumeClaim CronJob" {
		t.Errorf("the manifests hold: %s", got)
	}
}

func checkPod(t *testing.T, file string, pod core.PodSpec) {
	t.Helper()
	volumes := make(map[string]bool)
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
	}
	for _, c := range pod.Containers {
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				t.Errorf("%s: no volume %q", file, m.Name)
			}
			delete(volumes, m.Name)
		}
		if limit := c.Resources.Limits.Memory(); limit.Cmp(resource.MustParse("256Mi")) < 0 {
			t.Errorf("%s: a memory limit of %s", file, limit)
		}
		if s := c.SecurityContext; s == nil || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem {
			t.Errorf("%s: the root file system can be written", file)
		}
	}
	for name := range volumes {
		t.Errorf("%s: volume %q is mounted nowhere", file, name)
	}
	if s := pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot {
		t.Errorf("%s: may run as root", file)
	}
}

func TestDockerfileHasNoWarnings(t *testing.T) {
	text, err := os.ReadFile(root + "/testdata/examples/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range parsed.Warnings {
		t.Error(w.Short)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, at []parser.Range) {
		t.Errorf("Dockerfile %v: %s: %s", at, rule, message)
	}})
	stages, _, err := instructions.Parse(parsed.AST, lint)
	if err != nil {
		t.Fatal(err)
	}
	if base := stages[0].BaseName; !strings.Contains(base, "@sha256:") {
		t.Errorf("%s may be another one tomorrow", base)
	}
	last := stages[len(stages)-1]
	if last.BaseName != "scratch" {
		t.Errorf("the image is built on %s", last.BaseName)
	}
	var user, entry string
	for _, c := range last.Commands {
		switch c := c.(type) {
		case *instructions.UserCommand:
			user = c.User
		case *instructions.EntrypointCommand:
			entry = strings.Join(c.CmdLine, " ")
			if c.PrependShell {
				t.Error("the entry point asks for a shell, and there is none")
			}
		case *instructions.RunCommand:
			t.Error("there is no shell to run a command")
		}
	}
	if user != "65532:65532" || entry != "/imimport" {
		t.Errorf("runs %q as %q", entry, user)
	}
}

func TestReleaseIsGoReleasersOwn(t *testing.T) {
	project, err := config.Load(root + "/.goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(project.Builds) != 1 || len(project.Builds[0].Goos)*len(project.Builds[0].Goarch) != 6 {
		t.Errorf("builds are %+v", project.Builds)
	}
	if len(project.Archives) != 1 || project.Checksum.NameTemplate != "SHA256SUMS" {
		t.Errorf("archives are %+v, checksums %+v", project.Archives, project.Checksum)
	}
	if len(project.SBOMs) != 1 || project.SBOMs[0].Artifacts != "binary" {
		t.Errorf("lists of modules are %+v", project.SBOMs)
	}
}

// TestBinariesAreBuiltInOneWay compares the flags, without which they would not be the same to the byte.
func TestBinariesAreBuiltInOneWay(t *testing.T) {
	project, err := config.Load(root + "/.goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b := project.Builds[0]
	released := strings.Join(b.Env, " ") + " " + strings.Join(b.Flags, " ") + ` -ldflags "` + strings.Join(b.Ldflags, " ") + `"`
	names := strings.NewReplacer("'", "", "{{ if .IsSnapshot }}{{ .Version }}{{ else }}{{ .Tag }}{{ end }}", "VERSION", "$version", "VERSION", "$VERSION", "VERSION",
		"{{ .FullCommit }}", "COMMIT", "$commit", "COMMIT", "$COMMIT", "COMMIT")
	for _, file := range []string{"/.ci/build", "/testdata/examples/Dockerfile"} {
		text, err := os.ReadFile(root + file)
		if err != nil {
			t.Fatal(err)
		}
		found := command.FindStringSubmatch(string(text))
		if found == nil {
			t.Fatalf("%s builds nothing", file)
		}
		built := found[1] + " " + strings.Join(strings.Fields(strings.ReplaceAll(found[2], "\\\n", " ")), " ")
		if want, got := names.Replace(released), names.Replace(built); want != got {
			t.Errorf("%s builds with %s, and a release with %s", file, got, want)
		}
	}
}

var command = regexp.MustCompile(`(?s)(CGO_ENABLED=0) [^\n]*go build (.*?) -o `)
