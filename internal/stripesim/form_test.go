package stripesim

import (
	"net/url"
	"strings"
	"testing"
)

func TestFormsNestWithBrackets(t *testing.T) {
	root, err := parseForm("line_items[10][q]=c&line_items[2][q]=b&line_items[0][q]=a&expand[]=x&expand[]=y&metadata[0]=zero&mode=payment")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range root.at("line_items").items() {
		got = append(got, n.at("q").value)
	}
	for _, n := range root.at("expand").items() {
		got = append(got, n.value)
	}
	got = append(got, root.at("metadata", "0").value, root.at("mode").value)
	if s := strings.Join(got, " "); s != "a b c x y zero payment" {
		t.Errorf("read %s", s)
	}
	if name := root.at("line_items", "0", "q").name; name != "line_items[0][q]" {
		t.Errorf("called %s", name)
	}
}

func TestFormsThatMakeNoSenseAreRefused(t *testing.T) {
	for _, form := range []string{
		"a=1&a[b]=2", "a[b]=1&a=2", "a=1&a=2", "a[=1", "a]=1", "[a]=1", "a[b]c=1", "a[b][c=1", "=1", "a=%zz", "a=%ff", "%ff=1",
		"a[b][c][d][e][f][g]=1", manyFields(),
	} {
		root, err := parseForm(form)
		if err == nil {
			err = root.onlyKnown([]string{"a[]"})
		}
		if err == nil {
			t.Errorf("%.60s was read", form)
		}
	}
}

func manyFields() string {
	v := url.Values{}
	for i := range maxFields + 1 {
		v.Set("metadata["+strings.Repeat("k", i+1)+"]", "v")
	}
	return v.Encode()
}

func FuzzForm(f *testing.F) {
	f.Add("line_items[0][price_data][unit_amount]=5000&metadata[k]=v&expand[]=a&expires_at=1")
	f.Add("a[]=1&a[0]=2&a[x]=3")
	f.Fuzz(func(_ *testing.T, form string) {
		root, err := parseForm(form)
		if err != nil {
			return
		}
		if err := root.onlyKnown(sessionParams); err == nil && len(form) > 0 {
			for _, n := range root.at("line_items").items() {
				if _, _, err := n.at("price_data", "unit_amount").integer(); err != nil {
					continue
				}
			}
		}
		if _, err := root.at("metadata").metadata(); err != nil {
			return
		}
	})
}
