package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// calls finds a command and holds its flags and arguments against it, without running it.
func calls(t *testing.T, line []string) {
	t.Helper()
	c, rest, err := newCommand().Find(line)
	require.NoError(t, err, "%v", line)
	require.NoError(t, c.ParseFlags(rest), "%v", line)
	require.NoError(t, c.ValidateRequiredFlags(), "%v", line)
	require.NoError(t, c.ValidateArgs(c.Flags().Args()), "%v", line)
	require.False(t, c.HasSubCommands(), "%v", line)
}

// Units and the image start commands that there are, with flags that they have.
func TestWhatIsPackagedStarts(t *testing.T) {
	units, err := filepath.Glob("../../ops/systemd/*.service")
	require.NoError(t, err)
	require.NotEmpty(t, units)
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		require.NoError(t, err)
		starts := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/ayni (.*)$`).FindAllStringSubmatch(string(text), -1)
		require.Len(t, starts, 1, unit)
		calls(t, strings.Fields(starts[0][1]))
	}
	image := dockerfile(t)
	assert.Contains(t, image, `ENTRYPOINT ["/ayni"]`)
	found := regexp.MustCompile(`(?m)CMD \[(.*)\]$`).FindAllStringSubmatch(image, -1)
	require.Len(t, found, 2, "of the health check and of the image")
	for _, c := range found {
		words := strings.Split(strings.ReplaceAll(c[1], `"`, ""), ", ")
		calls(t, strings.Split(strings.TrimPrefix(strings.Join(words, " "), "/ayni "), " "))
	}
}

func dockerfile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../ops/Dockerfile")
	require.NoError(t, err)
	return string(text)
}

// building are the words of the line that builds what is released: the same bytes, whoever builds.
func building(t *testing.T, text string) []string {
	t.Helper()
	text = strings.NewReplacer("\\\n", " ", `"`, "'", "$(VERSION)", "$VERSION").Replace(text)
	found := regexp.MustCompile(`CGO_ENABLED=0 (?:GO\S+ )*(go build .*?-X main\.version=\$VERSION') `).FindStringSubmatch(text)
	require.NotNil(t, found)
	return strings.Fields(found[1])
}

// The image has the program that is released, and everything that it copies is there or made before.
func TestTheImageIsBuiltAsReleasesAre(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	image := dockerfile(t)
	assert.Equal(t, building(t, string(makefile)), building(t, image))
	version, err := os.ReadFile("version.go")
	require.NoError(t, err)
	assert.Regexp(t, `(?m)^var version\b`, string(version), "main.version is there to be set")
	made := strings.Join(regexp.MustCompile(`(?m)^RUN .*$`).FindAllString(image, -1), "\n")
	copies := regexp.MustCompile(`(?m)^COPY (.*)$`).FindAllStringSubmatch(image, -1)
	require.NotEmpty(t, copies)
	for _, c := range copies {
		words := strings.Fields(c[1])
		fromBuild := strings.HasPrefix(words[0], "--from=build")
		for _, path := range words[:len(words)-1] {
			switch {
			case strings.HasPrefix(path, "--"), strings.HasPrefix(path, "/etc/ssl/"): // a flag; of the image that builds
			case fromBuild:
				assert.Contains(t, made, path)
			default:
				_, err := os.Stat(filepath.Join("..", "..", path))
				assert.NoError(t, err)
			}
		}
	}
}
