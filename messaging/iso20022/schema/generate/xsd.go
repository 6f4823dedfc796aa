package main

import (
	"encoding/xml"
	"fmt"
	"os"
)

// xsd is the part of XML Schema that ISO 20022 uses. What else a file may hold is found by the strict reading of
// groups, facets and counts in write.go.
type xsd struct {
	Target   string        `xml:"targetNamespace,attr"`
	Elements []xsdElement  `xml:"element"`
	Complex  []complexType `xml:"complexType"`
	Simple   []simpleType  `xml:"simpleType"`
}

type xsdElement struct {
	Name string `xml:"name,attr"`
	Type string `xml:"type,attr"`
	Min  string `xml:"minOccurs,attr"`
	Max  string `xml:"maxOccurs,attr"`
}

type complexType struct {
	Name     string      `xml:"name,attr"`
	Sequence *group      `xml:"sequence"`
	Choice   *group      `xml:"choice"`
	Content  *xsdContent `xml:"simpleContent"`
}

type group struct {
	Elements []xsdElement `xml:"element"`
	Choices  []group      `xml:"choice"`
	Any      []wildcard   `xml:"any"`
	Min      string       `xml:"minOccurs,attr"`
	Max      string       `xml:"maxOccurs,attr"`
}

type wildcard struct {
	Namespace string `xml:"namespace,attr"`
	Process   string `xml:"processContents,attr"`
	Min       string `xml:"minOccurs,attr"`
	Max       string `xml:"maxOccurs,attr"`
}

type xsdContent struct {
	Extension struct {
		Base       string `xml:"base,attr"`
		Attributes []struct {
			Name string `xml:"name,attr"`
			Type string `xml:"type,attr"`
			Use  string `xml:"use,attr"`
		} `xml:"attribute"`
	} `xml:"extension"`
}

type simpleType struct {
	Name        string `xml:"name,attr"`
	Restriction struct {
		Base   string  `xml:"base,attr"`
		Facets []facet `xml:",any"`
	} `xml:"restriction"`
}

type facet struct {
	XMLName xml.Name
	Value   string `xml:"value,attr"`
}

func readXSD(file string) (*xsd, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var schema xsd
	if err := xml.Unmarshal(data, &schema); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &schema, nil
}
