// Program sdk-test SETTINGS-FILE walks every operation of the official Go SDK against a running service.
//
// The settings are JSON: the credentials file of the service with its region and the name of a second HSM cluster.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
)

// Settings say how to reach the service.
type Settings struct {
	Endpoint        string `json:"endpoint"`
	ProjectID       string `json:"project_id"`
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
	Region          string `json:"region"`
	Cluster         string `json:"cluster"`
}

var scenarios = []func(*Kms, Settings){
	versions, creation, states, names, deletion, lists,
	random, dataKeys, wrapping, dataKeyPairs, pin,
	data, oaep, reEncryption, ecdsaSignatures, rsaSignatures, agreement, macs,
	importing, importedPair, rotation,
	grants, tags, tagQueries, aliases, keystores, regions,
}

func main() {
	settings, err := readSettings(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	kms, err := open(settings)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	failures := map[string][]string{}
	for _, scenario := range scenarios {
		// One broken operation must not hide the state of the others.
		if reason := attempt(func() { scenario(kms, settings) }); reason != "" {
			failures[kms.latest] = append(failures[kms.latest], reason)
		}
	}
	os.Exit(finish(kms, failures))
}

func readSettings(path string) (Settings, error) {
	var settings Settings
	text, err := os.ReadFile(path)
	if err != nil {
		return settings, err
	}
	return settings, json.Unmarshal(text, &settings)
}

// attempt runs a scenario and returns why it failed, if it did.
func attempt(scenario func()) (reason string) {
	defer func() {
		if thrown := recover(); thrown != nil {
			reason = fmt.Sprint(thrown)
		}
	}()
	scenario()
	return ""
}

func finish(kms *Kms, failures map[string][]string) int {
	known := kms.operations()
	sort.Strings(known)
	failed := 0
	for _, operation := range known {
		reasons := failures[operation]
		how, called := kms.called[operation]
		if !called && len(reasons) == 0 {
			reasons = []string{"was never answered"}
		}
		for _, reason := range reasons {
			fmt.Printf("FAILED %s: %s\n", operation, reason)
		}
		if len(reasons) > 0 {
			failed++
		} else {
			fmt.Printf("ok %s (%s)\n", operation, how)
		}
	}
	fmt.Printf("%d passed, %d failed\n", len(known)-failed, failed)
	if failed > 0 {
		return 1
	}
	return 0
}
