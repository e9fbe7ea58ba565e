package importer_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tactus/internal/fault"
	"tactus/internal/importer"
)

func survey(t *testing.T, text string) *importer.Survey {
	t.Helper()
	s, err := importer.Examine(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGuess(t *testing.T) { // CON-4
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"our own": {
			"First name,Last name,Email,Email 2,Phone,Phone type,Phone 2,Phone type 2,Street,Address line 2,City,State,ZIP,Country,Birthday,Source,Stage,Time zone,Language,Tags,Groups,opt_out.email,opt_out.sms,date: Closing,number: Beds,yes_no: Cash,field: Budget: max\n",
			"first_name last_name email email phone phone_type phone phone_type street line2 city state zip country birthday source stage zone language tags groups opt_out.email opt_out.sms date:Closing number:Beds yes_no:Cash field:Budget: max",
		},
		"Google": {
			"Name,Given Name,Family Name,Birthday,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value,Address 1 - Street,Address 1 - City,Address 1 - Postal Code,Organization Name\n",
			"- first_name last_name birthday note tags email_type email phone_type phone phone_type phone street city zip -",
		},
		"Outlook": {
			"First Name,Middle Name,Last Name,E-mail Address,E-mail 2 Address,Mobile Phone,Home Phone,Business Phone,Home Street,Home City,Home State,Home Postal Code,Home Country/Region,Categories\n",
			"first_name - last_name email email phone.mobile phone.home phone.work street city state zip - tags",
		},
		"camels":      {"firstName,lastName,emailAddress,phoneNumber,zipCode,leadSource,doNotCall\n", "first_name last_name email phone zip source opt_out.phone"},
		"acronyms":    {"SMSOptOut,DNCStatus,ZIPCode,DOB,E-MAIL,hasOptedOutOfEmail\n", "opt_out.sms opt_out.phone zip birthday email opt_out.email"},
		"whole name":  {"Full Name;E-Mail;Cell #;DOB\n", "name email phone.mobile birthday"},
		"refusals":    {"Email,Unsubscribed,Do Not Text,DNC,Opted Out,SMS Consent,Do not mail\n", "email opt_out.email opt_out.sms opt_out.phone opt_out opt_in.sms opt_out.mail"},
		"twice":       {"Name,City,city,Town\n", "name city - -"},
		"owner":       {"Name,Owner\nAnn,kim@example.com\nBob,\n", "name assigned"},
		"owner alone": {"Name,Owner\nAnn,Kim\n", "name -"},
		"no name":     {"Name,,Office\nAnn,a@example.com,Denver\nBob,b@example.com,Boise\n", "name email -"},
		"nothing":     {"Foo,Favourite colour\n", "- -"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range survey(t, c.in).Guess().Columns {
				if c.Field == "" {
					c.Field = "-"
				}
				got = append(got, string(c.Field))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s\nwant\n%s", strings.Join(got, " "), c.want)
			}
		})
	}
}

func TestMappingWith(t *testing.T) { // CON-4
	t.Parallel()
	guess := survey(t, "Name,E-mail,Cell,Colour,City,Town\n").Guess()
	m, err := guess.With([]string{"colour=field:Colour", "Cell=phone.work", "city=", "Town=City"})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Columns[3].Field; got != "field:Colour" || m.Columns[2].Field != importer.PhoneWork || m.Columns[5].Field != importer.City {
		t.Errorf("%+v", m)
	}
	equal(t, "ignored", m.Ignored(), []string{"City"})
	equal(t, "ignored before", guess.Ignored(), []string{"Colour", "Town"})
	for pair, want := range map[string]string{
		"colour":             "write column=field",
		"shade=note":         "no such column; it has “Name”",
		"colour=emial":       `do you mean "email"`,
		"colour=mail adress": "is no field",
		"colour=field:":      "is no field",
		"colour=Do not call": `do you mean "opt_out.phone"`,
		"Town=city":          `the column "City" is city already`,
		"colour=first_name":  "the whole name or its parts, not both",
	} {
		if _, err := guess.With([]string{pair}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", pair, err)
		}
	}
	if _, err := guess.With([]string{"Name=", "E-mail=", "Cell=-"}); err == nil || !strings.Contains(err.Error(), "at least one column") {
		t.Error(err)
	}
}

// preview reads the rows below a header and gives the problems of each: "column: message".
func preview(t *testing.T, text string, p importer.Params) []string {
	t.Helper()
	s := survey(t, text)
	if p.Mapping.Columns == nil {
		p.Mapping = s.Guess()
	}
	f := importer.Facts{Country: "US", Stages: []string{"New", "Under contract"}, Users: map[string]int64{"kim@example.com": 7}, Now: start}
	var out []string
	for _, r := range s.Preview(p, f, 20) {
		var all []string
		for i, c := range r.Cells {
			if c.Problem != "" {
				all = append(all, s.Header[i]+": "+c.Problem)
			}
		}
		if r.Problem != "" {
			all = append(all, r.Problem)
		}
		out = append(out, strings.Join(all, "; "))
	}
	return out
}

func TestPreview(t *testing.T) { // CON-4: problems are marked where they are
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"good", "Name,Email,Phone\nAnn Lee,Ann Lee <ann@example.com>,(212) 555-0100\n", ""},
		{"nobody", "Name,City\n,Denver\n", "the row has no name, no email address and no phone number"},
		{"email", "Name,Email\nAnn,ann@example\n", `Email: "ann@example" is not an email address`},
		{"several emails", "Name,Email\nAnn,ann@example.com; bob@example.com / x\n", `Email: "bob@example.com / x" is not an email address`},
		{"phone", "Name,Phone,Cell\nAnn,12,212 555 0100\n", `Phone: "12" is not a phone number`},
		{"phone of a spreadsheet", "Name,Phone\nAnn,1.21E+10\n", `Phone: the spreadsheet has shortened "1.21E+10"; make the column text and save it again`},
		{"phone as text", "Name,Phone\nAnn,'+12125550100\n", ""},
		{"phone abroad", "Name,Country,Phone\nAnn,United Kingdom,020 7946 0000\n", ""},
		{"country", "Name,Country\nAnn,Atlantis\n", `Country: "Atlantis" is not a country that is known; write its two letters, such as US`},
		{"country in three letters", "Name,Country\nAnn,USA\n", ""},
		{"birthday", "Name,Birthday\nAnn,2/30/1980\n", `Birthday: "2/30/1980" is not a day (read as month/day/year); write it as 1980-12-31`},
		{"birthday without a year", "Name,Birthday\nAnn,2/28\n", `Birthday: "2/28" has no year`},
		{"stage", "Name,Stage\nAnn,under  CONTRACT\nBob,Old\n", `|Stage: there is no stage "Old"; the stages are New, Under contract`},
		{"user", "Name,Agent\nAnn,Kim@example.com\nBob,lee@example.com\n", `|Agent: no active user has the email address or name "lee@example.com"`},
		{"zone", "Name,Time zone\nAnn,Eastern Time\nBob,Mars/Olympus\n", `|Time zone: "Mars/Olympus" is not a time zone; write it as America/Denver`},
		{"label", "Name,Tags\nAnn," + strings.Repeat("x", 101) + "\n", "Tags: "},
		{"refusal", "Name,Do not email\nAnn,2021-03-04\nBob,maybe\n", `|Do not email: "maybe" is neither yes nor no, nor a day`},
		{"too long", "Name,City\nAnn," + strings.Repeat("x", 501) + "\n", "City: this is longer than 500 characters"},
		{"everything at once", "Name,Email,Phone\nAnn,x,y\n", `Email: "x" is not an email address; Phone: "y" is not a phone number`},
		{"ragged", "Name,Email\nAnn\n", "the row has 1 column, the header has 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(preview(t, c.in, importer.Params{}), "|"); got != c.want && !(c.name == "label" && strings.HasPrefix(got, c.want)) {
				t.Errorf("%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestDays(t *testing.T) { // CON-4: the column tells whether the day comes first, else the setting
	t.Parallel()
	for _, c := range []struct {
		name, in, want string
		days           importer.DayOrder
	}{
		{"month first", "3/4/1980 3/25/1980", "1980-03-04 1980-03-25", ""},
		{"day first, as another row tells", "3/4/1980 25/3/1980", "1980-04-03 1980-03-25", ""},
		{"nothing tells", "3/4/1980", "1980-03-04", ""},
		{"set", "3/4/1980", "1980-04-03", importer.DayFirst},
		{"both", "3/25/1980 25/3/1980", "1980-03-25 !", ""},
		{"ISO", "1980-12-31 1980/12/31 19801231", "1980-12-31 1980-12-31 1980-12-31", ""},
		{"points", "31.12.1980 3.4.80", "1980-12-31 1980-04-03", ""},
		{"points of a time", "03/04/1980_10:00:00.000 3/4/1980_2:00p.m. Wed._3/4/1980", "1980-03-04 1980-03-04 1980-03-04", ""},
		{"points of a time, day first, as another row tells", "3/4/1980_10:00:00.000 25/3/1980_10:00:00.000", "1980-04-03 1980-03-25", ""},
		{"points, but set", "3.4.1980", "1980-03-04", importer.MonthFirst},
		{"two digits", "12/31/68 1/1/26 1/1/27", "1968-12-31 2026-01-01 1927-01-01", ""},
		{"names", "Dec_31,_1980 31_December_1980 Mon,_May_5th_1980 5-May-80", "1980-12-31 1980-12-31 1980-05-05 1980-05-05", ""},
		{"times", "12/31/1980_0:00 1980-12-31T00:00:00Z 12/31/1980_12:00:00_AM", "1980-12-31 1980-12-31 1980-12-31", ""},
		{"no days", "soon 1980 13/13/1980 1980-02-30 99999999", "! ! ! ! !", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			texts := strings.Fields(c.in)
			in := "Name,Birthday\n"
			for _, x := range texts {
				in += "Ann,\"" + strings.ReplaceAll(x, "_", " ") + "\"\n"
			}
			s := survey(t, in)
			leads := importer.Leads(s, importer.Params{Mapping: s.Guess(), Days: c.days}, importer.Facts{Country: "US", Now: start})
			var got []string
			for _, l := range leads {
				if l == nil {
					got = append(got, "!")
					continue
				}
				got = append(got, l.Birthday)
			}
			equal(t, "days", got, strings.Fields(c.want))
		})
	}
}

func TestAmbiguousDays(t *testing.T) { // CON-4: as told, else the column, else the other columns, else the country; the preview shows how
	t.Parallel()
	for _, c := range []struct {
		name, header, row2, country, want string
		days                              importer.DayOrder
	}{
		{"country", "date: Sold", ",", "US", "1980-03-04", ""},
		{"country with the day first", "date: Sold", ",", "GB", "1980-04-03", ""},
		{"no country", "date: Sold", ",", "", "1980-03-04", ""},
		{"another column", "date: Sold", ",25/3/1980", "US", "1980-04-03", ""},
		{"another column before the country", "date: Sold", ",3/25/1980", "GB", "1980-03-04", ""},
		{"the column before another", "date: Sold", "3/25/1980,25/3/1980", "GB", "1980-03-04", ""},
		{"told", "date: Sold", "3/25/1980,", "US", "1980-04-03", importer.DayFirst},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := survey(t, "Name,Birthday,"+c.header+"\nAnn,3/4/1980,\nBob,"+c.row2+"\n")
			rows := s.Preview(importer.Params{Mapping: s.Guess(), Days: c.days}, importer.Facts{Country: c.country, Now: start}, 20)
			if got := rows[0].Cells[1]; got.Read != c.want || got.Text != "3/4/1980" || rows[0].Cells[0].Read != "" {
				t.Errorf("%+v, want %s", got, c.want)
			}
		})
	}
}

func TestTimesOfDays(t *testing.T) { // CON-4: a time of day is kept, however it is written
	t.Parallel()
	for in, want := range map[string]string{
		"12/1/2026 2:00 PM": "T14:00", "12/1/2026 2:00 p.m.": "T14:00", "12/1/2026 2:00p.m.": "T14:00", "12/1/2026, 2:00 p.m": "T14:00",
		"12/1/2026 2:00:30 a.m.": "T02:00", "12/1/2026 2:00\u202fPM": "T14:00", "12/1/2026 14:00:00.000": "T14:00", "12/1/2026": "",
	} {
		s := survey(t, "Name,date: Closing\nAnn,\""+in+"\"\n")
		l := importer.Leads(s, importer.Params{Mapping: s.Guess()}, importer.Facts{Country: "US", Now: start})[0]
		if l == nil || l.Dates["Closing"] != "2026-12-01"+want {
			t.Errorf("%q: %+v", in, l)
		}
	}
}

func TestLeads(t *testing.T) { // CON-4: what a row becomes
	t.Parallel()
	s := survey(t, `Name,Email,Email 2,Phone,Phone type,Cell,Tags,Groups,Note,Notes,Country,number: Price,yes_no: Cash,date: Closing,field: Motto
"van der Berg, Ann",Ann@Example.com; a2@example.com,ann@example.com,212 555 0100,Cell,+44 20 7946 0000,"Hot, buyer",Past clients; News,first,second,US,"$450,000.50",yes,12/1/2026 3:30 PM,'=sum
`)
	leads := importer.Leads(s, importer.Params{Mapping: s.Guess(), Source: "File", Tags: []string{"import", "Hot"}, Stage: "New", Assigned: 7}, importer.Facts{Country: "US", Now: start})
	l := leads[0]
	if l == nil {
		t.Fatal("refused")
	}
	if l.FirstName != "Ann" || l.LastName != "van der Berg" || l.Note != "first\n\nsecond" || l.Source != "File" || l.Stage != "New" || l.Assigned != 7 {
		t.Errorf("%+v", l)
	}
	equal(t, "tags", l.Tags, []string{"import", "Hot", "buyer"})
	equal(t, "groups", l.Groups, []string{"Past clients", "News"})
	if len(l.Emails) != 2 || l.Emails[0].Address != "ann@example.com" || l.Emails[1].Address != "a2@example.com" {
		t.Errorf("%+v", l.Emails)
	}
	if len(l.Phones) != 2 || l.Phones[0].Number != "+12125550100" || l.Phones[0].Type != "mobile" || l.Phones[1].Number != "+442079460000" || l.Phones[1].Type != "mobile" {
		t.Errorf("%+v", l.Phones)
	}
	if l.Fields["Price"] != 450000.5 || l.Fields["Cash"] != true || l.Fields["Motto"] != "=sum" || l.Dates["Closing"] != "2026-12-01T15:30" {
		t.Errorf("%v %v", l.Fields, l.Dates)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Ann Lee": "Ann|Lee", "Ann": "Ann|", "Lee, Ann": "Ann|Lee", "Ann Mary Lee": "Ann Mary|Lee", "Ludwig van Beethoven": "Ludwig|van Beethoven",
		"Bob Ray Jr.": "Bob|Ray Jr.", "Bob Ray, Jr.": "Bob|Ray, Jr.", "Ann & Bob Lee": "Ann & Bob|Lee", "Juan de la Cruz": "Juan|de la Cruz", "O’Neil": "O’Neil|",
	} {
		s := survey(t, "Name\n\""+in+"\"\n")
		l := importer.Leads(s, importer.Params{Mapping: s.Guess()}, importer.Facts{Now: time.Now()})[0]
		if got := l.FirstName + "|" + l.LastName; got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestCells(t *testing.T) { // a text goes out to a spreadsheet and comes back as it was
	t.Parallel()
	for _, s := range []string{"", "x", "=1+1", "+12125550100", "-5", "-5+cmd", "@sum", "'=x", "''@", "'tis", "'", "\tx", "=\"x\"", "+1 (212) 555-0100", "=-1"} {
		g := importer.Guard(s)
		if strings.ContainsAny(g[:min(1, len(g))], "=@\t") {
			t.Errorf("%q is a formula", g)
		}
		if back := importer.Unguard(g); back != s {
			t.Errorf("%q became %q and %q", s, g, back)
		}
	}
	for _, list := range [][]string{{"a"}, {"a", "b"}, {"a, b"}, {"a, b", "c"}, {"a;b", "c"}, {`"a"`, "b|c"}, {`say "x; y"`}, nil} {
		if got := importer.Items(importer.Joined(list)); !slices.Equal(got, list) {
			t.Errorf("%q became %q and %q", list, importer.Joined(list), got)
		}
	}
}
