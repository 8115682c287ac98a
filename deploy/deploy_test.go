package deploy_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

type object = map[string]any

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// documents parses every document of a YAML file.
func documents(t *testing.T, path string, b []byte) []object {
	t.Helper()
	var out []object
	for d := yaml.NewDecoder(bytes.NewReader(b)); ; {
		var o object
		err := d.Decode(&o)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		out = append(out, o)
	}
}

// at walks into nested objects and lists: at(o, "spec", "ports", 0, "name").
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			o, _ := v.(object)
			v = o[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

// settings are the names that the configuration knows.
func settings(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, m := range regexp.MustCompile(`koanf:"([a-z-]+)"`).FindAllSubmatch(read(t, "../services/app/config.go"), -1) {
		names = append(names, string(m[1]))
	}
	if len(names) < 10 {
		t.Fatalf("the configuration has %d settings", len(names))
	}
	return names
}

func asSetting(env string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(env, "MEADOW_")), "_", "-")
}

func TestTheExampleConfigurationNamesOnlyWhatExists(t *testing.T) {
	t.Parallel()
	const path = "meadow.example.yaml"
	// What is commented out must hold too.
	uncommented := regexp.MustCompile(`(?m)^# ([a-z-]+: )`).ReplaceAll(read(t, path), []byte("$1"))
	docs := documents(t, path, uncommented)
	if len(docs) != 1 || len(docs[0]) < 12 {
		t.Fatalf("got %v", docs)
	}
	known := settings(t)
	for name := range docs[0] {
		if !slices.Contains(known, name) {
			t.Errorf("%q is not a setting", name)
		}
	}
}

func TestTheCompositionHasNoPasswordAndOpensNothing(t *testing.T) {
	t.Parallel()
	const path = "compose.yaml"
	services := at(documents(t, path, read(t, path))[0], "services").(object)
	if got := slices.Sorted(maps.Keys(services)); !cmp.Equal(got, []string{"meadow", "meili", "mongo", "nats", "s3"}) {
		t.Errorf("got services %v", got)
	}
	known := settings(t)
	secret := regexp.MustCompile(`PASSWORD|KEY|USER\b|_DB$|_BLOB$|_SEARCH$|_BUS$`)
	for name, s := range services {
		if image, _ := at(s, "image").(string); name != "meadow" && (!strings.Contains(image, ":") || strings.HasSuffix(image, ":latest")) {
			t.Errorf("%s: image %q is not pinned", name, image)
		}
		ports, _ := at(s, "ports").([]any)
		for _, p := range ports {
			if !strings.HasPrefix(p.(string), "127.0.0.1:") {
				t.Errorf("%s: port %v is open to others", name, p)
			}
		}
		if name != "meadow" && len(ports) > 0 {
			t.Errorf("%s can be reached from outside", name)
		}
		env, _ := at(s, "environment").(object)
		for k, v := range env {
			if strings.HasPrefix(k, "MEADOW_") && !slices.Contains(known, asSetting(k)) {
				t.Errorf("%s: %s is not a setting", name, k)
			}
			if secret.MatchString(k) && k != "MONGO_INITDB_ROOT_USERNAME" && !strings.Contains(v.(string), ":?") {
				t.Errorf("%s: %s has a value of its own", name, k)
			}
		}
	}
	if strings.Contains(string(read(t, path)), ":-") {
		t.Error("a variable has a default")
	}
	// The example lists what is asked for, and gives nothing away.
	var want []string
	for _, m := range regexp.MustCompile(`\$\{([A-Z0-9_]+):\?`).FindAllSubmatch(read(t, path), -1) {
		want = append(want, string(m[1])+"=")
	}
	slices.Sort(want)
	var got []string
	for line := range strings.Lines(string(read(t, "compose.env.example"))) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			got = append(got, line)
		}
	}
	slices.Sort(got)
	if d := cmp.Diff(slices.Compact(want), got); d != "" {
		t.Errorf("compose.env.example (-want +got): %s", d)
	}
}

func TestTheManifestsPlayEveryRoleOnceAndFindEachOther(t *testing.T) {
	t.Parallel()
	kinds := manifests(t)
	config := kinds["ConfigMap"]["meadow"]
	known := settings(t)
	for k := range at(config, "data").(object) {
		if !slices.Contains(known, asSetting(k)) {
			t.Errorf("%s is not a setting", k)
		}
	}
	roles := []string{"checkout", "creator", "feed", "gateway", "media"}
	if got := slices.Sorted(maps.Keys(kinds["Deployment"])); !cmp.Equal(got, roles) {
		t.Errorf("got deployments %v, want %v", got, roles)
	}
	peers := at(config, "data", "MEADOW_PEERS").(string)
	for _, role := range roles {
		d, s := kinds["Deployment"][role], kinds["Service"][role]
		pod := at(d, "spec", "template")
		container := at(pod, "spec", "containers", 0)
		if got := at(container, "args", 0); got != "-roles="+role {
			t.Errorf("%s plays %v", role, got)
		}
		labels := at(pod, "metadata", "labels")
		for what, selector := range map[string]any{"deployment": at(d, "spec", "selector", "matchLabels"), "service": at(s, "spec", "selector")} {
			if !cmp.Equal(selector, labels) {
				t.Errorf("%s: the %s selects %v, not %v", role, what, selector, labels)
			}
		}
		if at(s, "spec", "ports", 0, "targetPort") != at(container, "ports", 0, "name") {
			t.Errorf("%s: the service misses the container's port", role)
		}
		if image, _ := at(container, "image").(string); !strings.Contains(image, ":") || strings.HasSuffix(image, ":latest") {
			t.Errorf("%s: image %q is not pinned", role, image)
		}
		if at(pod, "spec", "securityContext", "runAsNonRoot") != true || at(container, "securityContext", "readOnlyRootFilesystem") != true {
			t.Errorf("%s is not locked up", role)
		}
		if role != "gateway" && !strings.Contains(","+peers+",", ","+role+"=http://"+role+":8080,") {
			t.Errorf("peers %q do not name %s", peers, role)
		}
		volumes(t, role, at(pod, "spec").(object))
	}
}

// manifests are the objects of k8s by kind and name.
func manifests(t *testing.T) map[string]map[string]object {
	t.Helper()
	paths, err := filepath.Glob("k8s/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%v, %v", paths, err)
	}
	out := map[string]map[string]object{}
	for _, p := range paths {
		for _, o := range documents(t, p, read(t, p)) {
			kind, _ := o["kind"].(string)
			name, _ := at(o, "metadata", "name").(string)
			if kind == "" || name == "" || at(o, "apiVersion") == nil {
				t.Fatalf("%s: %v", p, o)
			}
			if kind != "Namespace" && at(o, "metadata", "namespace") != "meadow" {
				t.Errorf("%s: %s %s is in no namespace", p, kind, name)
			}
			if out[kind] == nil {
				out[kind] = map[string]object{}
			}
			if out[kind][name] != nil {
				t.Errorf("%s: a second %s %s", p, kind, name)
			}
			out[kind][name] = o
		}
	}
	if kinds := out["Secret"]; kinds != nil {
		t.Error("a secret is written down")
	}
	return out
}

// volumes wants every mount to have its volume and every volume its mount.
func volumes(t *testing.T, role string, spec object) {
	t.Helper()
	names := func(list any) map[any]bool {
		out := map[any]bool{}
		l, _ := list.([]any)
		for i := range l {
			out[at(l, i, "name")] = true
		}
		return out
	}
	mounted := names(at(spec, "containers", 0, "volumeMounts"))
	maps.Copy(mounted, names(at(spec, "initContainers", 0, "volumeMounts")))
	if d := cmp.Diff(names(spec["volumes"]), mounted); d != "" {
		t.Errorf("%s: volumes and mounts differ: %s", role, d)
	}
}

func TestEveryScriptIsKnownToTheMakefileAndCanRun(t *testing.T) {
	t.Parallel()
	makefile := string(read(t, "../Makefile"))
	scripts, err := filepath.Glob("ci/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%v, %v", scripts, err)
	}
	for _, s := range append(scripts, "../.ci/run") {
		info, err := os.Stat(s)
		if err != nil {
			t.Fatal(err)
		}
		sourced := filepath.Base(s) == "env.sh"
		if runs := info.Mode()&0o111 != 0; runs == sourced {
			t.Errorf("%s: can be run: %v", s, runs)
		}
		if filepath.Ext(s) == ".sh" && !sourced && !strings.Contains(makefile, "deploy/"+s) {
			t.Errorf("%s is used by nothing", s)
		}
	}
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z0-9-]+):`).FindAllStringSubmatch(makefile, -1) {
		targets[m[1]] = true
	}
	stages := regexp.MustCompile(`STAGES +\?= (.*)`).FindStringSubmatch(makefile)
	if stages == nil {
		t.Fatal("the Makefile has no stages")
	}
	for stage := range strings.FieldsFuncSeq(stages[1], func(r rune) bool { return r == ' ' || r == '+' }) {
		if !targets[stage] {
			t.Errorf("stage %s is no target", stage)
		}
	}
}
