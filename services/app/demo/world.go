package demo

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"go.yaml.in/yaml/v3"

	"meadow/services/account"
	"meadow/services/checkout"
)

//go:embed world/*.yaml
var texts embed.FS

// world is everything that is told in world/*.yaml. Things name each other by
// their keys.
type world struct {
	People   []soul     `yaml:"people"`
	Shops    []store    `yaml:"shops"`
	Products []good     `yaml:"products"`
	Posts    []note     `yaml:"posts"`
	Talk     []thread   `yaml:"talk"`
	Orders   []purchase `yaml:"orders"`
}

// soul is a person as the world tells of them.
type soul struct {
	Key     string         `yaml:"key"`
	Login   string         `yaml:"login"` // before the @; Key if ""
	Name    string         `yaml:"name"`
	Lang    string         `yaml:"lang"`
	Role    string         `yaml:"role"` // viewer, creator or merchant
	Town    string         `yaml:"town"` // where they post from
	Bio     string         `yaml:"bio"`
	Avatar  string         `yaml:"avatar"`
	Follows []string       `yaml:"follows"`
	Home    *account.Place `yaml:"home"` // of those who buy
}

func (s soul) login() string {
	if s.Login != "" {
		return s.Login + "@meadow.example"
	}
	return s.Key + "@meadow.example"
}

type (
	store struct {
		Key   string `yaml:"key"`
		Owner string `yaml:"owner"`
		Name  string `yaml:"name"`
		Logo  string `yaml:"logo"`
		Story string `yaml:"story"`
	}
	shot struct {
		File string `yaml:"file"`
		Alt  string `yaml:"alt"`
	}
	good struct {
		Key        string      `yaml:"key"`
		Shop       string      `yaml:"shop"`
		Title      string      `yaml:"title"`
		Category   string      `yaml:"category"`
		Commission int64       `yaml:"commission"` // basis points
		Body       string      `yaml:"body"`
		Facts      [][2]string `yaml:"facts"`
		Options    []option    `yaml:"options"`
		SKUs       []variant   `yaml:"skus"`
		Pictures   []shot      `yaml:"pictures"`
	}
	option struct {
		Name   string   `yaml:"name"`
		Values []string `yaml:"values"`
	}
	// variant is a SKU. Prices are in fen; no stock is sold out.
	variant struct {
		Values []string `yaml:"v"`
		Price  int64    `yaml:"price"`
		List   int64    `yaml:"list"`
		Stock  int64    `yaml:"stock"`
		// There is what it costs in other regions.
		There map[string]int64 `yaml:"there"`
		// Of makes it a bundle of SKUs that are told of before it.
		Of []line `yaml:"of"`
	}
	// note is a post. Pull is how many in a hundred like it.
	note struct {
		Key      string   `yaml:"key"`
		By       string   `yaml:"by"`
		Lang     string   `yaml:"lang"`
		Title    string   `yaml:"title"`
		Body     string   `yaml:"body"`
		Topics   []string `yaml:"topics"`
		Pull     int      `yaml:"pull"`
		Pictures []shot   `yaml:"pictures"`
		Tags     []spot   `yaml:"tags"`
	}
	// spot is where a product lies on a picture, in basis points.
	spot struct {
		Product string `yaml:"product"`
		Picture int    `yaml:"picture"`
		X       int64  `yaml:"x"`
		Y       int64  `yaml:"y"`
	}
	word struct {
		By  string `yaml:"by"`
		Say string `yaml:"say"`
	}
	thread struct {
		Post    string `yaml:"post"`
		word    `yaml:",inline"`
		Replies []word `yaml:"replies"`
	}
	// purchase ends paid, cancelled, or unpaid.
	purchase struct {
		Key   string         `yaml:"key"`
		By    string         `yaml:"by"`
		End   checkout.State `yaml:"end"`
		Ago   int            `yaml:"ago"`  // days since: 20, 2 or none
		Sent  string         `yaml:"sent"` // received, delivered, moving or partly
		Back  string         `yaml:"back"` // what was asked afterwards: cancel, return or refund
		Stars int            `yaml:"stars"`
		Say   string         `yaml:"say"`   // with the stars
		Reply string         `yaml:"reply"` // the shop's
		Lines []line         `yaml:"lines"`
	}
	line struct {
		Product string   `yaml:"product"`
		Values  []string `yaml:"v"`
		N       int64    `yaml:"n"`
		Post    string   `yaml:"post"` // whose purchase link it was
	}
)

// load reads the world. A word that no field bears is a mistake.
func load() (world, error) {
	var w world
	files, err := fs.Glob(texts, "world/*.yaml")
	if err != nil {
		return w, err
	}
	for _, name := range files {
		raw, err := texts.ReadFile(name)
		if err != nil {
			return w, err
		}
		var part world
		d := yaml.NewDecoder(bytes.NewReader(raw))
		d.KnownFields(true)
		if err := d.Decode(&part); err != nil && !errors.Is(err, io.EOF) {
			return w, fmt.Errorf("%s: %w", name, err)
		}
		w.People = append(w.People, part.People...)
		w.Shops = append(w.Shops, part.Shops...)
		w.Products = append(w.Products, part.Products...)
		w.Posts = append(w.Posts, part.Posts...)
		w.Talk = append(w.Talk, part.Talk...)
		w.Orders = append(w.Orders, part.Orders...)
	}
	return w, nil
}
