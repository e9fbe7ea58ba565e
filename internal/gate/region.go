package gate

import "strings"

// region is a state or province: its code, English name and zones, the one most people live in first. A zone
// stands here when any part of the region uses it by law.
type region struct {
	name  string
	zones string
}

const (
	eastern  = "America/New_York"
	central  = "America/Chicago"
	mountain = "America/Denver"
	pacific  = "America/Los_Angeles"
)

// regionsOf gives the regions of the countries whose zones follow them; nil for other countries.
func regionsOf(country string) map[string]region {
	switch country {
	case "US":
		return states
	case "CA":
		return provinces
	case "AU":
		return australia
	}
	return nil
}

// regionIn finds a region by code or name, in any case.
func regionIn(country, s string) (string, region, bool) {
	s = strings.ToUpper(strings.Join(strings.Fields(strings.ReplaceAll(s, ".", "")), " "))
	s = strings.TrimPrefix(s, country+"-")
	regions := regionsOf(country)
	if r, ok := regions[s]; ok {
		return s, r, true
	}
	for code, r := range regions {
		if strings.ToUpper(r.name) == s {
			return code, r, true
		}
	}
	return "", region{}, false
}

// postalZone narrows the zone of a contact in a US state with several, by the first three digits of the ZIP code,
// where all or nearly all of the area keeps another time than most of the state. For a contact's own zone only
// (PLAN-8); legal hours look at the whole state.
func postalZone(country, code, postal string) string {
	if country != "US" || len(postal) < 3 {
		return ""
	}
	return zips[code+postal[:3]]
}

// The tables are data; nothing writes to them.
var (
	zips = map[string]string{
		"FL324": central, "FL325": central, // Panama City, Pensacola
		"IN463": central, "IN464": central, "IN476": central, "IN477": central, // Gary, Evansville
		"KY420": central, "KY421": central, "KY422": central, "KY423": central, "KY424": central, // west of Louisville
		"TN374": eastern, "TN376": eastern, "TN377": eastern, "TN378": eastern, "TN379": eastern, // Chattanooga, Knoxville
		"TX799": mountain, "TX885": mountain, // El Paso
		"NE693": mountain, "ND586": mountain, "SD577": mountain, // Scottsbluff, Dickinson, Rapid City
		"ID835": pacific, "ID838": pacific, // Lewiston, Coeur d'Alene
		"OR979": "America/Boise", // Ontario
	}

	states = map[string]region{
		"AL": {"Alabama", central},
		"AK": {"Alaska", "America/Anchorage America/Juneau America/Adak"},
		"AZ": {"Arizona", "America/Phoenix " + mountain}, // Navajo Nation
		"AR": {"Arkansas", central},
		"CA": {"California", pacific},
		"CO": {"Colorado", mountain},
		"CT": {"Connecticut", eastern},
		"DE": {"Delaware", eastern},
		"DC": {"District of Columbia", eastern},
		"FL": {"Florida", eastern + " " + central},
		"GA": {"Georgia", eastern},
		"HI": {"Hawaii", "Pacific/Honolulu"},
		"ID": {"Idaho", "America/Boise " + pacific},
		"IL": {"Illinois", central},
		"IN": {"Indiana", "America/Indiana/Indianapolis " + central},
		"IA": {"Iowa", central},
		"KS": {"Kansas", central + " " + mountain},
		"KY": {"Kentucky", eastern + " " + central},
		"LA": {"Louisiana", central},
		"ME": {"Maine", eastern},
		"MD": {"Maryland", eastern},
		"MA": {"Massachusetts", eastern},
		"MI": {"Michigan", "America/Detroit " + central},
		"MN": {"Minnesota", central},
		"MS": {"Mississippi", central},
		"MO": {"Missouri", central},
		"MT": {"Montana", mountain},
		"NE": {"Nebraska", central + " " + mountain},
		"NV": {"Nevada", pacific + " " + mountain}, // West Wendover
		"NH": {"New Hampshire", eastern},
		"NJ": {"New Jersey", eastern},
		"NM": {"New Mexico", mountain},
		"NY": {"New York", eastern},
		"NC": {"North Carolina", eastern},
		"ND": {"North Dakota", central + " " + mountain},
		"OH": {"Ohio", eastern},
		"OK": {"Oklahoma", central},
		"OR": {"Oregon", pacific + " America/Boise"},
		"PA": {"Pennsylvania", eastern},
		"RI": {"Rhode Island", eastern},
		"SC": {"South Carolina", eastern},
		"SD": {"South Dakota", central + " " + mountain},
		"TN": {"Tennessee", central + " " + eastern},
		"TX": {"Texas", central + " " + mountain},
		"UT": {"Utah", mountain},
		"VT": {"Vermont", eastern},
		"VA": {"Virginia", eastern},
		"WA": {"Washington", pacific},
		"WV": {"West Virginia", eastern},
		"WI": {"Wisconsin", central},
		"WY": {"Wyoming", mountain},
		"AS": {"American Samoa", "Pacific/Pago_Pago"},
		"GU": {"Guam", "Pacific/Guam"},
		"MP": {"Northern Mariana Islands", "Pacific/Saipan"},
		"PR": {"Puerto Rico", "America/Puerto_Rico"},
		"VI": {"Virgin Islands", "America/St_Thomas"},
	}

	provinces = map[string]region{
		"AB": {"Alberta", "America/Edmonton"},
		"BC": {"British Columbia", "America/Vancouver America/Edmonton America/Creston America/Dawson_Creek America/Fort_Nelson"},
		"MB": {"Manitoba", "America/Winnipeg"},
		"NB": {"New Brunswick", "America/Moncton"},
		"NL": {"Newfoundland and Labrador", "America/St_Johns America/Goose_Bay"},
		"NS": {"Nova Scotia", "America/Halifax"},
		"NT": {"Northwest Territories", "America/Yellowknife America/Inuvik"},
		"NU": {"Nunavut", "America/Iqaluit America/Rankin_Inlet America/Resolute America/Cambridge_Bay America/Atikokan"},
		"ON": {"Ontario", "America/Toronto America/Winnipeg America/Atikokan"},
		"PE": {"Prince Edward Island", "America/Halifax"},
		"QC": {"Quebec", "America/Toronto America/Halifax America/Blanc-Sablon"},
		"SK": {"Saskatchewan", "America/Regina America/Edmonton"}, // Lloydminster
		"YT": {"Yukon", "America/Whitehorse"},
	}

	australia = map[string]region{
		"ACT": {"Australian Capital Territory", "Australia/Sydney"},
		"NSW": {"New South Wales", "Australia/Sydney Australia/Broken_Hill Australia/Lord_Howe"},
		"NT":  {"Northern Territory", "Australia/Darwin"},
		"QLD": {"Queensland", "Australia/Brisbane"},
		"SA":  {"South Australia", "Australia/Adelaide"},
		"TAS": {"Tasmania", "Australia/Hobart"},
		"VIC": {"Victoria", "Australia/Melbourne"},
		"WA":  {"Western Australia", "Australia/Perth Australia/Eucla"},
	}
)
